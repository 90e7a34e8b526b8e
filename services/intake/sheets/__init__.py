"""Sheets keyed in elsewhere: from a file's bytes to cells. Nothing here touches a disk or a store."""
