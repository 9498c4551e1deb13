"""What can go wrong at the door itself."""


class OutputLostError(Exception):
    """Standard output took only a part of the answer, because a disk is full or a device is gone."""
