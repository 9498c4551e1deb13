"""An empty B-tree of a given height, written into the file of an index that was built on an empty table.

The planner asks an index's metapage for the tree's height and charges for the descent. An index on an empty table
says zero. Here the metapage is given a root at the wanted level and a chain of pages down to one empty leaf: a
valid tree, as it remains after all rows were deleted, so that the planner may also look up its ends.
"""

import math
import struct
from collections.abc import Callable
from pathlib import Path

PAGE = 8192
_HEADER = 24
_SPECIAL = 16
_META = struct.Struct("<6I")
_BTREE_MAGIC = 0x053162
_LEAF, _ROOT = 1, 2
_NORMAL_POINTER = 1
_TRUNCATED = 0x2000
_ITEM = 8
_LAYOUT_VERSION = PAGE | 4
_INTERNAL_FILL = 0.70
_MAX_LEVEL = 10

Checksum = Callable[[bytes, int], int]


def tree_level(pages: int, key_width: int) -> int:
    """The level of the root of an index with so many pages, leaves being level 0."""
    fanout = max((PAGE - _HEADER - _SPECIAL) * _INTERNAL_FILL / (aligned(key_width) + 8 + 4), 2.0)
    return min(max(math.ceil(math.log(pages, fanout) - 1e-9), 0), _MAX_LEVEL) if pages > 1 else 0


def aligned(width: int) -> int:
    """A width in whole units of eight bytes, as index tuples are stored."""
    return (width + 7) // 8 * 8


def write_empty_tree(file: Path, level: int, checksum: Checksum) -> bool:
    """Give the index in this file a root at `level`; False when the file is not a B-tree as we know it."""
    with file.open("r+b") as stream:
        meta = bytearray(stream.read(PAGE))
        if len(meta) != PAGE:
            return False
        magic, version, root, *_ = _META.unpack_from(meta, _HEADER)
        if magic != _BTREE_MAGIC or version != 4 or root != 0:
            return False
        _META.pack_into(meta, _HEADER, magic, version, 1, level, 1, level)
        pages = [bytes(meta), *(_page(level - i, i + 1, level) for i in range(level + 1))]
        for number, page in enumerate(pages):
            stream.seek(number * PAGE)
            stream.write(_sealed(page, number, checksum))
    return True


def _page(level: int, number: int, root_level: int) -> bytes:
    page = bytearray(PAGE)
    special = PAGE - _SPECIAL
    flags = (_LEAF if level == 0 else 0) | (_ROOT if level == root_level else 0)
    struct.pack_into("<IIIHH", page, special, 0, 0, level, flags, 0)
    lower, upper = _HEADER, special
    if level > 0:
        # The only downlink is the one to the left of all keys, which has no key of its own.
        upper -= _ITEM
        struct.pack_into("<I", page, lower, upper | _NORMAL_POINTER << 15 | _ITEM << 17)
        lower += 4
        child = number + 1
        struct.pack_into("<HHHH", page, upper, child >> 16, child & 0xFFFF, 0, _ITEM | _TRUNCATED)
    struct.pack_into("<HHHHHI", page, 10, 0, lower, upper, special, _LAYOUT_VERSION, 0)
    return bytes(page)


def _sealed(page: bytes, number: int, checksum: Checksum) -> bytes:
    sealed = bytearray(page)
    struct.pack_into("<H", sealed, 8, checksum(page, number) & 0xFFFF)
    return bytes(sealed)
