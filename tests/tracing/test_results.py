"""Results that are found once for each form of what enters an operation."""

import pytest

torch = pytest.importorskip("torch")

from edgesym.symbols import symbol  # noqa: E402
from edgesym.tracing.record import Recorder  # noqa: E402
from edgesym.tracing.run import without_values  # noqa: E402
from edgesym.tracing.sizes import Sizes, evaluated, line_of_code  # noqa: E402


class _Twice(torch.nn.Module):  # type: ignore[misc]
    """The same operations on tensors of one form, then on another."""

    def forward(self, x, y):
        found = []
        for given in (x, y, x[:, :2]):
            cut = given[:, :1]
            found.append((given, cut, given * 2, given.add_(1)))
        return found


@pytest.fixture
def found():
    sizes = Sizes()
    width = sizes.new(symbol("hidden"), 16)
    with without_values(sizes):
        x, y = torch.empty((width, 4)), torch.empty((width, 4))
        module = _Twice()
        recorder = Recorder(module, (), line_of_code)
        with recorder:
            return recorder, module(x, y)


def test_views_lie_in_the_memory_of_what_they_are_given(found):
    for given, cut, product, changed in found[1]:
        storage = given.untyped_storage()._cdata
        assert cut.untyped_storage()._cdata == storage
        assert product.untyped_storage()._cdata != storage
        assert changed is given


def test_each_result_has_memory_of_its_own(found):
    products = {product.untyped_storage()._cdata for _, _, product, _ in found[1]}
    assert len(products) == 3


def test_forms_are_as_torch_has_them(found):
    recorder, ((x, cut, product, _), (_, again, other, _), (part, *_)) = found
    assert cut.stride() == again.stride()
    assert str(product.shape) == str(other.shape) == str(x.shape)
    assert part.stride() == (4, 1)
    assert [op.name for op in recorder.operations].count("mul") == 3


def test_a_relation_is_looked_at_when_it_is_asked_for():
    sizes = Sizes()
    width = sizes.new(symbol("hidden"), 16)
    with without_values(sizes):
        trivial, real = (
            width.node.ge(width.node.wrap_int(0)),
            width.node.eq(width.node.wrap_int(16)),
        )
        assert evaluated(trivial.expr) == True  # noqa: E712 - sympy's own
        assert trivial.guard_bool("", 0)
        assert real.guard_bool("", 0)
    asked = [str(question.asked) for question in sizes.questions()]
    assert asked == ["Eq(H, 16)"]
