"""Eight numbers side by side, as compiled kernels hold them.

Written out as vectors instead of loops that the compiler would have to recognize: the machine code
is what stands there, and is ready sooner. Every operation is rounded as for a number alone, and
nothing is joined or reordered. Imported by kernels and their drivers only, since it imports the
compiler.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,misc"
# The compiler hands over objects of its own.

import hashlib
import operator
from pathlib import Path

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

LANES = 8


def importing(*names: str) -> str:
    """The lines by which a kernel has some of these; they change when this file does."""
    digest = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    return f"# {__name__}: {digest}\nfrom {__name__} import {', '.join(names)}"


class Eight(types.Type):
    """The type of eight numbers."""

    def __init__(self) -> None:
        super().__init__(name="Eight")


EIGHT = Eight()
DOUBLE, LONG = ir.DoubleType(), ir.IntType(64)
VECTOR = ir.VectorType(DOUBLE, LANES)
WHOLE = ir.VectorType(LONG, LANES)
PLACES = ir.VectorType(ir.IntType(32), LANES)


@register_model(Eight)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, kind) -> None:
        super().__init__(manager, kind, VECTOR)


def _operator(key, method):
    template = type(
        f"_{key.__name__}", (ConcreteTemplate,), {"cases": [signature(EIGHT, EIGHT, EIGHT)]}
    )
    infer_global(key)(template)

    @lower_builtin(key, EIGHT, EIGHT)
    def _lower(_context, builder, _signature, arguments):
        return getattr(builder, method)(*arguments)


for _key, _method in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _operator(_key, _method)


def _data(context, builder, kind, array):
    return cgutils.create_struct_proxy(kind)(context, builder, array).data


def _load(builder, data, index):
    place = builder.gep(data, [index])
    return builder.load(builder.bitcast(place, VECTOR.as_pointer()), align=8)


def _store(builder, data, index, value):
    place = builder.gep(data, [index])
    builder.store(value, builder.bitcast(place, VECTOR.as_pointer()), align=8)


def _all(builder, number):
    one = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), number, ir.IntType(32)(0))
    return builder.shuffle_vector(one, ir.Constant(VECTOR, ir.Undefined), ir.Constant(PLACES, None))


def _named(builder, name, arguments):
    kind = ir.FunctionType(VECTOR, [VECTOR] * len(arguments))
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v8f64")
    return builder.call(function, arguments)


@intrinsic
def take(_context, _array, _index):
    """The eight numbers of an array without gaps that begin at an index."""

    def codegen(context, builder, signature, arguments):
        return _load(
            builder, _data(context, builder, signature.args[0], arguments[0]), arguments[1]
        )

    return EIGHT(_array, types.int64), codegen


@intrinsic
def put(_context, _array, _index, _value):
    """Write eight numbers to an array without gaps, from an index on."""

    def codegen(context, builder, signature, arguments):
        data = _data(context, builder, signature.args[0], arguments[0])
        _store(builder, data, arguments[1], arguments[2])
        return context.get_dummy_value()

    return types.void(_array, types.int64, EIGHT), codegen


@intrinsic
def alike(_context, _number):
    """Eight times one number."""

    def codegen(_context, builder, _signature, arguments):
        return _all(builder, arguments[0])

    return EIGHT(types.float64), codegen


@intrinsic
def gathered(_context, _array, _index, _stride, _number):
    """array[index], array[index + stride], ...: so many, then the last of them again."""

    def codegen(context, builder, signature, arguments):
        data = _data(context, builder, signature.args[0], arguments[0])
        index, stride, number = arguments[1:]
        last = builder.sub(number, LONG(1))
        value = ir.Constant(VECTOR, ir.Undefined)
        for lane in range(LANES):
            here = builder.icmp_signed("<", last, LONG(lane))
            step = builder.mul(builder.select(here, last, LONG(lane)), stride)
            one = builder.load(builder.gep(data, [builder.add(index, step)]))
            value = builder.insert_element(value, one, ir.IntType(32)(lane))
        return value

    return EIGHT(_array, types.int64, types.int64, types.int64), codegen


@intrinsic
def fuse(_context, _a, _b, _c):
    """a * b + c, rounded once."""

    def codegen(_context, builder, _signature, arguments):
        return _named(builder, "fma", arguments)

    return EIGHT(EIGHT, EIGHT, EIGHT), codegen


@intrinsic
def root(_context, _a):
    """Square roots."""

    def codegen(_context, builder, _signature, arguments):
        return _named(builder, "sqrt", arguments)

    return EIGHT(EIGHT), codegen


@intrinsic
def size_of(_context, _a):
    """Absolute values."""

    def codegen(_context, builder, _signature, arguments):
        return _named(builder, "fabs", arguments)

    return EIGHT(EIGHT), codegen


@intrinsic
def below(_context, _a, _b, _yes, _no):
    """Of each pair `yes` where a < b, and `no` elsewhere."""

    def codegen(_context, builder, _signature, arguments):
        a, b, yes, no = arguments
        return builder.select(builder.fcmp_ordered("<", a, b), yes, no)

    return EIGHT(EIGHT, EIGHT, EIGHT, EIGHT), codegen


@intrinsic
def some_below(_context, _a, _b):
    """Whether a < b anywhere."""

    def codegen(_context, builder, _signature, arguments):
        found = builder.fcmp_ordered("<", *arguments)
        bits = builder.bitcast(found, ir.IntType(LANES))
        return builder.icmp_unsigned("!=", bits, ir.IntType(LANES)(0))

    return types.boolean(EIGHT, EIGHT), codegen


@intrinsic
def power_of_two(_context, _shifted):
    """2 to the whole number that was added to 1.5 x 2^52."""

    def codegen(_context, builder, _signature, arguments):
        bits = builder.bitcast(arguments[0], WHOLE)
        raised = builder.add(bits, ir.Constant(WHOLE, [LONG(1023)] * LANES))
        return builder.bitcast(builder.shl(raised, ir.Constant(WHOLE, [LONG(52)] * LANES)), VECTOR)

    return EIGHT(EIGHT), codegen


@intrinsic
def seat(_context, _a, _lane):
    """One of eight."""

    def codegen(_context, builder, _signature, arguments):
        return builder.extract_element(*arguments)

    return types.float64(EIGHT, types.int64), codegen


@intrinsic
def total(_context, _a):
    """The sum of eight."""

    def codegen(_context, builder, _signature, arguments):
        parts = [builder.extract_element(arguments[0], ir.IntType(32)(k)) for k in range(LANES)]
        while len(parts) > 1:
            parts = [builder.fadd(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
        return parts[0]

    return types.float64(EIGHT), codegen


@intrinsic
def turn(_context, _found, _at, _flat, _to, _stride, _number):
    """Eight rows of eight, `found` from `at` on, into eight columns of `flat`.

    to, stride  column i begins at flat[to + i * stride]
    number      columns there are: further ones go where the last one goes, which they must equal
    Returns what is 0 in each column, or not a number where one of its numbers is not finite.
    """

    def codegen(context, builder, signature, arguments):
        found = _data(context, builder, signature.args[0], arguments[0])
        flat = _data(context, builder, signature.args[2], arguments[2])
        at, (to, stride, number) = arguments[1], arguments[3:]
        rows = [_load(builder, found, builder.add(at, LONG(LANES * i))) for i in range(LANES)]
        nothing = ir.Constant(VECTOR, [DOUBLE(0.0)] * LANES)
        flaws = [builder.fmul(row, nothing) for row in rows[:2]]
        for i in range(2, LANES):
            flaws[i % 2] = _named(builder, "fma", [rows[i], nothing, flaws[i % 2]])
        # Pairs, then fours, then all change places across the diagonal.
        for width in (1, 2, 4):
            low = [i if not i & width else i - width + LANES for i in range(LANES)]
            high = [i + width if not i & width else i + LANES for i in range(LANES)]
            for i in range(LANES):
                if not i & width:
                    one, other = rows[i], rows[i + width]
                    rows[i], rows[i + width] = (
                        builder.shuffle_vector(
                            one, other, ir.Constant(PLACES, [ir.IntType(32)(k) for k in chosen])
                        )
                        for chosen in (low, high)
                    )
        last = builder.sub(number, LONG(1))
        for i in range(LANES):
            here = builder.icmp_signed("<", last, LONG(i))
            step = builder.mul(builder.select(here, last, LONG(i)), stride)
            _store(builder, flat, builder.add(to, step), rows[i])
        return builder.fadd(*flaws)

    return EIGHT(_found, types.int64, _flat, *[types.int64] * 3), codegen
