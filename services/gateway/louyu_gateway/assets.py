"""Assets under /assets/<version>/: they may be kept for ever, because a change of any of them changes the address."""

import mimetypes
from pathlib import Path

from fastapi import APIRouter
from louyu_runtime.errors import NotFound
from starlette.responses import Response

_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def asset_routes(folder: Path, version: str) -> APIRouter:
    """Return the route of the assets. All of them are small and are held in memory."""
    router = APIRouter(include_in_schema=False)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    @router.get("/assets/{asked_version}/{path:path}")
    async def asset(asked_version: str, path: str) -> Response:
        content = files.get(path)
        if content is None:
            raise NotFound("no such asset")
        # During an upgrade a page of the other version may ask: it gets ours, but must not keep it.
        keep = "public, max-age=31536000, immutable" if asked_version == version else "no-cache"
        suffix = Path(path).suffix
        media_type = _TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
        return Response(content, media_type=media_type, headers={"Cache-Control": keep})

    return router
