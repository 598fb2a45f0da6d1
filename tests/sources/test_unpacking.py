import zlib

import pytest

from glossator.sources.failure import Failure
from glossator.sources.unpacking import _STEP_BYTES, Unpacking


def pack(data, wbits):
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return packer.compress(data) + packer.flush()


def unpack(encoding, *blocks):
    unpacking = Unpacking(encoding)
    parts = [part for block in blocks for part in unpacking.parts(block)]
    unpacking.finish()
    return parts


@pytest.mark.parametrize(("encoding", "wbits"), [("deflate", -15), ("deflate", 15), ("gzip", 31)])
@pytest.mark.parametrize("more", [0, 1, 100, 257, 258, 259, _STEP_BYTES])
def test_nothing_is_lost_where_a_step_fills_exactly(encoding, wbits, more):
    data = b"a" * (_STEP_BYTES + more)
    packed = pack(data, wbits)
    assert b"".join(unpack(encoding, packed)) == data
    assert b"".join(unpack(encoding, *(packed[n : n + 1] for n in range(len(packed))))) == data


def test_no_step_is_larger_than_allowed_and_an_end_that_is_missing_is_told():
    packed = pack(bytes(5_000_000), -15)
    assert max(map(len, unpack("deflate", packed))) == _STEP_BYTES
    with pytest.raises(Failure, match="ended before it was complete"):
        unpack("deflate", packed[:-2])
