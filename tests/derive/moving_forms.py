"""The gradients of layers that move, join and select numbers, as they are printed."""

MOVING_PRINTED: dict[str, str] = {
    "layer add": "dx1[n] = dy[n]\ndx2[n] = dy[n]",
    "layer average": "dx1[n] = dy[n]/2\ndx2[n] = dy[n]/2",
    "layer channel_shuffle": "dx[n,g,c] = dy[n,c,g]",
    "layer concat": "dx1[n,i1] = dy[n,i1]\ndx2[n,i2] = dy[n,I1+i2]",
    "layer dot": "dx[n,i] = z[n,i]*sum[j](dy[n,j])\ndz[n,i] = x[n,i]*sum[j](dy[n,j])",
    "layer first_step": "dx[n,t,i] = [t == 0]*dy[n,i]",
    "layer flatten": "dx[n,r1,r2] = dy[n,r1,r2]",
    "layer identity": "dx[n] = dy[n]",
    "layer last_step": "dx[n,t,i] = [t == T - 1]*dy[n,i]",
    "layer maximum": "dx1[n] = dy[n]*[x2[n] <= x1[n]]\ndx2[n] = dy[n]*[x2[n] > x1[n]]",
    "layer mixture": (
        "dgate[n,e] = [e == 0]*sum[i](dy[n,i]*x1[n,i]) + [e == 1]*sum[i](dy[n,i]*x2[n,i])\n"
        "dx1[n,i] = dy[n,i]*gate[n,0]\ndx2[n,i] = dy[n,i]*gate[n,1]"
    ),
    "layer multiply": "dx1[n] = dy[n]*x2[n]\ndx2[n] = dy[n]*x1[n]",
    "layer permute": "dx[n,r1,r2] = dy[n,r2,r1]",
    "layer pixel_shuffle": "dx[n,c,a,b,h,w] = dy[n,c,h,a,w,b]",
    "layer pixel_unshuffle": "dx[n,c,h,a,w,b] = dy[n,c,a,b,h,w]",
    "layer repeat_vector": "dx[n,i] = sum[t](dy[n,t,i])",
    "layer reshape": "dx[n,s1,s2] = dy[n,s1,s2]",
    "layer reverse": "dx[n,k] = dy[n,K-k-1]",
    "layer select": "dx[n,k] = [k == 3]*dy[n]",
    "layer slice": "dx[n,k] = dy[n,k]",
    "layer split": "dx[n,a,j] = [a == 3]*dy[n,j]",
    "layer stop_gradient": "dx[n] = 0",
    "layer subtract": "dx[n] = dy[n]\ndz[n] = -dy[n]",
    "layer transpose": "dx[n,r1,r2] = dy[n,r2,r1]",
    "layer unflatten": "dx[n,s1,s2] = dy[n,s1,s2]",
}
