"""The scenarios by name.

Those of WRITING are called with a Scene and return their Results. Those of READING are modules whose cases(scene) are
{name: function that measures and returns a Row}; another one is a line here."""

from . import copy_in, copy_out, first_byte, metadata, many_open, parquet, random, readers, reread, resources
from . import sequential, write

WRITING = {"write": write.measure, "copy-in": copy_in.measure}
READING = [
    sequential,
    reread,
    readers,
    random,
    first_byte,
    metadata,
    copy_out,
    many_open,
    parquet,
    resources,
]
