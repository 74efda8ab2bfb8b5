"""The plain gradient over the safe forward pass: where it is shorter, and safe everywhere."""

from symbp.derive.adopt import with_plain_gradients
from symbp.notation.expr import tensors
from symbp.notation.text import text

from .build import derived, gradient

SOFTMAX = "y[n,j] = exp(x[n,j])/sum[k](exp(x[n,k]))\n"
STABLE = "m[n] = max[k](x[n,k])\ne[n,j] = exp(x[n,j] - m[n])\ns[n] = sum[k](e[n,k])\ny[n,j] = e[n,j]/s[n]\n"
PLAIN = "L = mean[n](sum[j](t[n,j]*log(t[n,j]/y[n,j])))"
GUARDED = "L = mean[n](sum[j](t[n,j]*log(where(t[n,j] > 0, t[n,j], 1)) - t[n,j]*log(where(t[n,j] > 0, y[n,j], 1))))"
LOSS = {"facts": ("sum[j](t[n,j]) = 1",), "is_loss": True}
AUTHORED = frozenset(("y", "L"))


def both(plain, safe, name):
    declared = ((f"{name}[n,j]", "input"), ("t[n,j]", "data"))
    return derived(plain, declared, **LOSS), derived(safe, declared, **LOSS)


def test_the_shorter_gradient_is_taken():
    plain, safe = both(SOFTMAX + PLAIN, STABLE + GUARDED, "x")
    found = with_plain_gradients(plain, safe, AUTHORED)
    assert gradient(found, "x") == "(y[n,j] - t[n,j])/N"
    assert gradient(found, "x") != gradient(safe, "x")


def test_the_forward_pass_stays_the_safe_one():
    plain, safe = both(SOFTMAX + PLAIN, STABLE + GUARDED, "x")
    found = with_plain_gradients(plain, safe, AUTHORED)
    assert [text(e.rhs) for e in found.forward] == [text(e.rhs) for e in safe.forward]
    have = {"x", "t"}
    for e in found.forward:
        assert tensors(e.rhs) <= have
        have.add(e.name)


def test_a_gradient_that_divides_is_not_taken():
    """-t/(N*y) is 0/0 where nothing was expected and nothing is predicted."""
    plain, safe = both(PLAIN, GUARDED, "y")
    assert with_plain_gradients(plain, safe, frozenset("L")) is safe


def test_values_that_the_safe_form_lacks_are_not_read():
    plain, safe = both(SOFTMAX + PLAIN, STABLE + GUARDED, "x")
    assert with_plain_gradients(plain, safe, frozenset("L")) is safe
