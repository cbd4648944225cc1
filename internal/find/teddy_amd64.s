#include "textflag.h"

// One position of the fingerprint: the bytes at off(SI)(DX) pass through the
// low-nibble table lo and the high-nibble table hi. A byte of 0x80 or above
// selects zero in lo, because VPSHUFB looks at bit 7 of the index.
#define LOOK(off, lo, hi, out) \
	VMOVDQU off(SI)(DX*1), Y9;  \
	VPSRLW  $4, Y9, Y10;        \
	VPAND   Y8, Y10, Y10;       \
	VPSHUFB Y9, lo, out;        \
	VPSHUFB Y10, hi, Y10;       \
	VPAND   Y10, out, out

// func teddyAVX2(t *tables, p *byte, n int) (at int, bits uint32)
TEXT ·teddyAVX2(SB), NOSPLIT, $0-36
	MOVQ t+0(FP), AX
	MOVQ p+8(FP), SI
	MOVQ n+16(FP), CX

	VBROADCASTI128 0(AX), Y0
	VBROADCASTI128 16(AX), Y1
	VBROADCASTI128 32(AX), Y2
	VBROADCASTI128 48(AX), Y3
	VBROADCASTI128 64(AX), Y4
	VBROADCASTI128 80(AX), Y5
	VBROADCASTI128 96(AX), Y6
	VBROADCASTI128 112(AX), Y7
	MOVQ           $0x0f0f0f0f0f0f0f0f, BX
	MOVQ           BX, X8
	VPBROADCASTQ   X8, Y8

	XORQ DX, DX
	SUBQ $35, CX // the last offset at which a block and its 3 bytes more fit

loop:
	CMPQ DX, CX
	JGT  none
	LOOK(0, Y0, Y4, Y11)
	LOOK(1, Y1, Y5, Y12)
	VPAND Y12, Y11, Y11
	LOOK(2, Y2, Y6, Y13)
	LOOK(3, Y3, Y7, Y14)
	VPAND Y14, Y13, Y13
	VPAND Y13, Y11, Y11
	VPTEST Y11, Y11
	JNZ  found
	ADDQ $32, DX
	JMP  loop

found:
	VPXOR     Y12, Y12, Y12
	VPCMPEQB  Y12, Y11, Y11
	VPMOVMSKB Y11, BX
	NOTL      BX
	MOVQ      DX, at+24(FP)
	MOVL      BX, bits+32(FP)
	VZEROUPPER
	RET

none:
	MOVQ DX, at+24(FP)
	MOVL $0, bits+32(FP)
	VZEROUPPER
	RET
