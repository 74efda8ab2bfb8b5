"""The ranking loss of several right classes."""

from symbp.library.declaration import Formula, Loss

DECLARATION = Loss(
    type="multilabel_margin",
    summary="how far each wrong class comes within 1 of each right one, over the number of classes; mean over samples",
    source="torch.nn.MultiLabelMarginLoss, whose targets list the right classes",
    formulas=(Formula(plain="L = mean[n](sum[i,j](t[n,i]*(1 - t[n,j])*max(0, 1 - y[n,i] + y[n,j]))/J)"),),
    target_range="0 or 1",
    score="",
    subgradient="the derivative where two scores are 1 apart is 0",
)
