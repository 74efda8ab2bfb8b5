"""The loss of connectionist temporal classification: labels of steps that are not aligned with them.

A path names a class, or the blank, at every step; it spells the labels once repetitions are joined and blanks left out.
States ``q`` stand between and on the labels: even ones are the blank, odd ones the label ``q//2``.  ``A`` is the
logarithm of the probability of all paths that are in a state after a step.  A path stays, goes on by one state, or by
two where it leaves out a blank that need not stand between two labels; ``c`` is 0 where it may, -1e30 where not.
"""

from symbp.library.declaration import Compared, Formula, Key, Loss

NEVER = "(-10**30)"
RECURRENCE = f"""
b[n,q] = 1 - [q % 2 == 1]*[t[n,min(q//2, P-1)] != t[n,max(q//2-1, 0)]]
c[n,q,k] = ([q < k] + [k == 2]*b[n,q])*{NEVER}
a[n,i,q] = A[n,i-1,q] + [i == 0]*[q > 0]*{NEVER}
w[n,i,q,k] = a[n,i,q-k] + c[n,q,k]
m[n,i,q] = max[k](w[n,i,q,k])
u[n,i,q,k] = w[n,i,q,k] - m[n,i,q]
s[n,i,q] = sum[k](exp(u[n,i,q,k]))
A[n,i,q] = m[n,i,q] + log(s[n,i,q]) + [q % 2 == 0]*y[n,i,blank] + [q % 2 == 1]*y[n,i,t[n,min(q//2, P-1)]]
"""
ENDS = f"""
z[n,r] = A[n,max(0, min(steps[n]-1, I-1)),max(0, min(2*labels[n]-r, Q-1))] + [2*labels[n] < r]*{NEVER}
g[n] = max[r](z[n,r])
h[n,r] = z[n,r] - g[n]
d[n] = g[n] + log(sum[r](exp(h[n,r])))
"""
MEAN = """
l[n] = max(1, labels[n])
L = -mean[n](d[n]/l[n])
"""
KNOWN = f"""
l[n] = max(1, labels[n])
L = -mean[n](where(d[n] > {NEVER}/10, d[n], 0)/l[n])
"""

DECLARATION = Loss(
    type="ctc",
    summary="minus the log-probability of all ways to spell the labels, from log-probabilities of classes at each step",
    source="Graves et al., Connectionist temporal classification, 2006; torch.nn.CTCLoss",
    inputs=("y[n,i,j]",),
    formulas=(
        Formula(when=(("zero_infinity", True),), plain=f"{RECURRENCE}{ENDS}{KNOWN}"),
        Formula(plain=f"{RECURRENCE}{ENDS}{MEAN}"),
    ),
    keys=(
        Key("length", "integer", minimum=1, doc="the size of a target: the most labels that a sample may have"),
        Key("blank", "integer", 0, minimum=0, doc="the class that stands for no label"),
        Key(
            "zero_infinity",
            "boolean",
            False,
            doc="whether samples with too few steps for their labels count as 0; else the loss is about 1e30",
        ),
    ),
    target="integer",
    target_axes="[n,p]",
    compared=(Compared("steps", "[n]", integer=True, most="i"), Compared("labels", "[n]", integer=True, most="p")),
    extents=(("p", "length"), ("q", "2*length + 1"), ("k", "3"), ("r", "2")),
    score="",
)
