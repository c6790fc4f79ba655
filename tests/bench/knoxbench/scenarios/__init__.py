"""The scenarios by name.

Those of PAIRED are called with a Scene and give their Results, one after the other. Those of READING are modules whose cases(scene) are
{name: function that measures and returns a Row}; another one is a line here."""

from . import copy_in, copy_out, first_byte, gateway, metadata, many_open, parquet, random, readers, reread, resources
from . import sequential, write

PAIRED = {"write": write.measure, "copy-in": copy_in.measure, "gateway": gateway.measure}
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
