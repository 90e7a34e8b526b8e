"""`python -m services.retention`"""

from services.retention.settings import RetentionSettings
from services.retention.wiring import build
from shared.platform.service import run

if __name__ == "__main__":
    run(build, RetentionSettings)
