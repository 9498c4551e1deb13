"""The parts of a file's name, read off the plain string: a path object for each file of a large tree costs as much as
reading it."""


def last_part(path: str) -> str:
    """The name of a file or folder without the folders above it; slashes of Windows count too."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def suffix_of(path: str) -> str:
    """What a file's name ends with, its dot included, as `pathlib` has it: "" for `.env` and for `name.`."""
    name = last_part(path)
    dot = name.rfind(".")
    return name[dot:] if 0 < dot < len(name) - 1 else ""
