// @sparticuz/chromium comes compressed; asking it for its path unpacks it into TMPDIR. The path is the answer.
import chromium from "@sparticuz/chromium";

process.stdout.write(await chromium.executablePath());
