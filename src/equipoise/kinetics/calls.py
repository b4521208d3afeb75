"""Calls from one compiled kernel into another by address.

The stepper is compiled once for all systems; what belongs to a system is reached through the
addresses of two functions, so a new model compiles those two and nothing else. Of the closed form
it is the exponentials that are compiled once for all shapes, and called by them. Imported by
kernels and their drivers only, since it imports the compiler.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# The compiler hands over objects of its own.

import hashlib
from pathlib import Path

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def importing(*names: str) -> str:
    """The lines by which a kernel has some of these; they change when this file does."""
    digest = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    return f"# {__name__}: {digest}\nfrom {__name__} import {', '.join(names)}"


BUFFER = types.Array(types.float64, 1, "C")

DERIVE = types.void(types.CPointer(types.float64), types.int64, types.float64)
"""derive(buffer, lanes, tau)."""

ATTEMPT = types.void(
    types.CPointer(types.float64), types.int64, types.float64, types.float64, types.float64
)
"""attempt(buffer, lanes, tau, dt, rtol)."""

DECAY = types.void(
    types.CPointer(types.float64), types.CPointer(types.int64), types.CPointer(types.float64),
    *[types.int64] * 5, types.float64,
)  # fmt: skip
"""decay(numbers, bits, small, room, n, offset, begin, end, ka)."""


def _call(numbers):
    """Code for a call of a function (buffer, lanes, number ...) by its address."""

    def codegen(context, builder, signature, arguments):
        address, buffer, lanes = arguments[:3]
        double, long = ir.DoubleType(), ir.IntType(64)
        kind = ir.FunctionType(ir.VoidType(), [double.as_pointer(), long] + [double] * numbers)
        function = builder.inttoptr(address, kind.as_pointer())
        array = cgutils.create_struct_proxy(signature.args[1])(context, builder, buffer)
        builder.call(function, [array.data, lanes, *arguments[3:]])
        return context.get_dummy_value()

    return codegen


@intrinsic
def call_derive(_context, _address, _w, _n, _tau):
    """Call the function at an address: derive(w, n, tau)."""
    number = types.float64
    return types.void(types.int64, BUFFER, types.int64, number), _call(1)


@intrinsic
def call_attempt(_context, _address, _w, _n, _tau, _dt, _rtol):
    """Call the function at an address: attempt(w, n, tau, dt, rtol)."""
    number = types.float64
    return types.void(types.int64, BUFFER, types.int64, number, number, number), _call(3)


@intrinsic
def call_decay(_context, _address, _numbers, _bits, _small, _room, _n, _offset, _begin, _end, _ka):
    """Call the function at an address: decay(numbers, bits, small, room, n, ..., ka)."""
    arrays = (_numbers, _bits, _small)
    made = types.void(types.int64, *arrays, *[types.int64] * 5, types.float64)

    def codegen(context, builder, signature, arguments):
        double, long = ir.DoubleType(), ir.IntType(64)
        pointers = [
            cgutils.create_struct_proxy(kind)(context, builder, value).data
            for kind, value in zip(signature.args[1:4], arguments[1:4], strict=True)
        ]
        kinds = [pointer.type for pointer in pointers] + [long] * 5 + [double]
        function = builder.inttoptr(
            arguments[0], ir.FunctionType(ir.VoidType(), kinds).as_pointer()
        )
        builder.call(function, [*pointers, *arguments[4:]])
        return context.get_dummy_value()

    return made, codegen


@intrinsic
def as_bits(_context, _number):
    """The bits of a number as a whole number."""

    def codegen(_context, builder, _signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), codegen


@intrinsic
def as_number(_context, _bits):
    """The number that has these bits."""

    def codegen(_context, builder, _signature, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), codegen


@intrinsic
def choose(_context, _which, _one, _other):
    """One number if a condition holds, else another, and no branch."""

    def codegen(_context, builder, _signature, arguments):
        return builder.select(*arguments)

    double = types.float64
    return double(types.boolean, double, double), codegen


@intrinsic
def lowest(_context, _mask):
    """Place of the lowest bit that is set in a whole number other than 0."""

    def codegen(_context, builder, _signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), codegen


@intrinsic
def fetch(_context, _array, _index):
    """Begin to load a number of an array without gaps, wherever it may be: no index is wrong."""

    def codegen(context, builder, signature, arguments):
        array = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0])
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        place = builder.gep(array.data, [arguments[1]])
        how = [ir.Constant(number, each) for each in (0, 3, 1)]
        builder.call(function, [builder.bitcast(place, byte), *how])
        return context.get_dummy_value()

    return types.void(_array, types.int64), codegen


@intrinsic
def fused(_context, _a, _b, _c):
    """a * b + c, rounded once wherever it is compiled: by itself or in a vector."""

    def codegen(_context, builder, _signature, arguments):
        double = ir.DoubleType()
        kind = ir.FunctionType(double, [double] * 3)
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.f64")
        return builder.call(function, arguments)

    double = types.float64
    return double(double, double, double), codegen
