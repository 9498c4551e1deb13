"""Parts of a multipart upload: the least part size for a file, a part size to use, and what a given one allows."""

from backend_advisor.calculators.upload_parts.calculator import UploadPartsInputs, UploadPartsResult, compute

__all__ = ["UploadPartsInputs", "UploadPartsResult", "compute"]
