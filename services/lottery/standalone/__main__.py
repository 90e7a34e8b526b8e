"""Writes the file anew; a test holds that it is what this makes."""

from services.lottery.standalone import TARGET, build

TARGET.write_bytes(build())
