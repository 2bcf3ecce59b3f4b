"""What the template's tests name of a support module, so that the template is checked as it stands."""

from __future__ import annotations

from typing import Any

threads: Any = None
assistants: Any = None
conversation_id: Any = None
request_arguments: Any = None
