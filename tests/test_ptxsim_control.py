"""The PTX simulator: branches, divergence, barriers, what a warp's lanes do together, races."""

import numpy as np
import pytest
from ptxsim import Deadlock, Memory, Module, PtxError, Race, Simulator, Unsupported
from ptxsim.assembly import kernel, lane_results, run

LANES = np.arange(32)


def test_loops_of_different_lengths():
    body = """mov.u32 %r31, 0; mov.u32 %r1, %r0;
    LOOP: setp.eq.u32 %p1, %r1, 0; @%p1 bra OUT;
    add.u32 %r31, %r31, %r1; sub.u32 %r1, %r1, 1; bra.uni LOOP;
    OUT: add.u32 %r31, %r31, 1000;"""
    assert lane_results(body).tolist() == [i * (i + 1) // 2 + 1000 for i in range(32)]


def test_branches_come_together_again():
    body = """and.b32 %r1, %r0, 1; setp.eq.u32 %p1, %r1, 0; @%p1 bra EVEN;
    mov.u32 %r31, 1; bra.uni JOIN;
    EVEN: mov.u32 %r31, 2;
    JOIN: activemask.b32 %r2; popc.b32 %r2, %r2; mad.lo.u32 %r31, %r2, 10, %r31;"""
    assert lane_results(body).tolist() == [322, 321] * 16


def test_branch_by_index():
    body = """and.b32 %r1, %r0, 3;
    TABLE: .branchtargets A, B, C, A;
    brx.idx %r1, TABLE;
    A: mov.u32 %r31, 10; bra.uni END;
    B: mov.u32 %r31, 20; bra.uni END;
    C: mov.u32 %r31, 30;
    END:"""
    assert lane_results(body).tolist() == [10, 20, 30, 10] * 8


def test_threads_leave_early():
    memory = Memory()
    a = memory.upload(np.zeros(64, np.uint32))
    body = """setp.ge.u32 %p1, %r0, 40; @%p1 ret; bar.sync 0;
    mad.wide.u32 %l1, %r0, 4, %l0; mov.u32 %r1, 1; st.global.u32 [%l1], %r1;"""
    run(body, a, memory=memory, block=64)
    assert memory.download(a, 64, np.uint32).tolist() == [1] * 40 + [0] * 24


def test_grid_and_block_of_three_dimensions():
    memory = Memory()
    size = 2 * 3 * 2 * 4 * 2 * 3
    a = memory.empty(size, np.uint32)
    body = """mov.u32 %r1, %tid.y; mov.u32 %r2, %tid.z; mov.u32 %r3, %ntid.x; mov.u32 %r4, %ntid.y;
    mad.lo.u32 %r5, %r2, %r4, %r1; mad.lo.u32 %r5, %r5, %r3, %r0;
    mov.u32 %r1, %ctaid.x; mov.u32 %r2, %ctaid.y; mov.u32 %r6, %ctaid.z; mov.u32 %r3, %nctaid.x;
    mov.u32 %r4, %nctaid.y; mad.lo.u32 %r7, %r6, %r4, %r2; mad.lo.u32 %r7, %r7, %r3, %r1;
    mad.lo.u32 %r8, %r7, 24, %r5; mad.wide.u32 %l1, %r8, 4, %l0; st.global.u32 [%l1], %r8;"""
    run(body, a, memory=memory, grid=(2, 3, 2), block=(4, 2, 3))
    assert memory.download(a, size, np.uint32).tolist() == list(range(size))


def test_a_launch_beyond_the_limits():
    simulator = Simulator(Module(kernel("")), Memory())
    for grid, block in ((0, 32), (1, 1025), ((1, 65536), 32), (1, (1, 1, 65))):
        with pytest.raises(PtxError, match="invalid configuration"):
            simulator.launch("kernel", grid, block, [])
    with pytest.raises(PtxError, match="takes 0 parameters, not 1"):
        simulator.launch("kernel", 1, 32, [1])


def test_chosen_blocks_of_a_large_grid():
    memory = Memory()
    a = memory.reserve(4 << 31, initialised=False)
    text = kernel(
        """mov.u32 %r0, %tid.x; mov.u32 %r1, %ctaid.x; cvt.u64.u32 %l1, %r1; shl.b64 %l1, %l1, 5;
        cvt.u64.u32 %l2, %r0; add.u64 %l1, %l1, %l2; shl.b64 %l1, %l1, 2; ld.param.u64 %l0, [a];
        add.u64 %l0, %l0, %l1; st.global.u32 [%l0], %r1;""",
        [".u64 a"],
    )
    last = 2**26 - 1
    Simulator(Module(text), memory).launch("kernel", last + 1, 32, [a], blocks=[0, last])
    assert memory.download(a + 128 * last, 32, np.uint32).tolist() == [last] * 32
    assert memory.never_written(a, 256) == 128


def test_endless_loop():
    import ptxsim.simulator

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ptxsim.simulator, "_INSTRUCTION_LIMIT", 1000)
        with pytest.raises(PtxError, match="still running after"):
            lane_results("LOOP: bra LOOP;")


def test_unsupported_instructions_are_named_when_they_are_reached():
    with pytest.raises(Unsupported, match=r"wmma\.load is not supported"):
        lane_results("mov.u32 %r31, 1; wmma.load %r1, [%l0];")
    with pytest.raises(Unsupported, match=r"add\.s32\.cleverly"):
        lane_results("add.s32.cleverly %r31, %r0, %r0;")
    assert lane_results("mov.u32 %r31, 1; bra END; wmma.load %r1, [%l0]; END:").all()


def test_barriers_of_a_block():
    body = """.shared .align 4 .b8 s[512];
    mov.u32 %r1, s; mad.lo.u32 %r2, %r0, 4, %r1; st.shared.u32 [%r2], %r0; {}
    xor.b32 %r3, %r0, 64; mad.lo.u32 %r3, %r3, 4, %r1; ld.shared.u32 %r31, [%r3];"""
    got = lane_results(body.format("bar.sync 0;"), threads=128)
    assert got.tolist() == [i ^ 64 for i in range(128)]
    with pytest.raises(Race, match=r"shared-memory race: load by .* conflicts with"):
        lane_results(body.format(""), threads=128)


def test_race_by_writing_after_another_has_read():
    body = """.shared .align 4 .b8 s[4]; setp.eq.u32 %p1, %r0, 0; @%p1 st.shared.u32 [s], %r0;
    bar.sync 0; ld.shared.u32 %r31, [s]; {}
    setp.eq.u32 %p2, %r0, 33; @%p2 st.shared.u32 [s], %r0;"""
    lane_results(body.format("bar.sync 0;"), threads=64)
    with pytest.raises(Race, match="store by lane 1 of warp 1"):
        lane_results(body.format(""), threads=64)


def test_race_within_a_warp():
    body = """.shared .align 4 .b8 s[128];
    mov.u32 %r1, s; mad.lo.u32 %r2, %r0, 4, %r1; st.shared.u32 [%r2], %r0; {}
    xor.b32 %r3, %r0, 1; mad.lo.u32 %r3, %r3, 4, %r1; ld.shared.u32 %r31, [%r3];"""
    assert lane_results(body.format("bar.warp.sync -1;")).tolist() == (LANES ^ 1).tolist()
    with pytest.raises(Race, match="lane"):
        lane_results(body.format(""))


def test_two_threads_store_to_one_shared_address():
    with pytest.raises(Race, match="two threads store to one address"):
        lane_results(".shared .align 4 .b8 s[4]; st.shared.u32 [s], %r0; mov.u32 %r31, 0;")


def test_barrier_in_a_divergent_branch():
    body = """mov.u32 %r31, 0; setp.lt.u32 %p1, %r0, 32; @%p1 bra FIRST;
    bar.sync 0; bra.uni END; FIRST: bar.sync {}; END:"""
    for number in (0, 1):
        with pytest.raises(Deadlock, match="different barriers"):
            lane_results(body.format(number), threads=64)


def test_reductions_at_a_barrier():
    body = "setp.lt.u32 %p1, %r0, 5; bar.red.popc.u32 %r31, 0, %p1;"
    assert lane_results(body, threads=64).tolist() == [5] * 64
    body = "setp.lt.u32 %p1, %r0, 5; bar.red.{}.pred %p2, 0, %p1; selp.u32 %r31, 1, 0, %p2;"
    assert lane_results(body.format("or"), threads=64).tolist() == [1] * 64
    assert lane_results(body.format("and"), threads=64).tolist() == [0] * 64


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("bfly.b32 %r31|%p1, %r1, 8, 31", LANES ^ 8),
        ("down.b32 %r31|%p1, %r1, 3, 31", np.where(LANES + 3 < 32, LANES + 3, LANES)),
        ("up.b32 %r31|%p1, %r1, 2, 0", np.where(LANES >= 2, LANES - 2, LANES)),
        ("idx.b32 %r31|%p1, %r1, 5, 31", np.full(32, 5)),
        ("idx.b32 %r31, %r1, 5, 0x181f", (LANES & ~7) + 5),
        ("down.b32 %r31, %r1, 3, 0x181f", np.where(LANES % 8 + 3 < 8, LANES + 3, LANES)),
        ("up.b32 %r31, %r1, 2, 0x1000", np.where(LANES % 16 >= 2, LANES - 2, LANES)),
        # Beyond the end of a lane's own segment, not before its beginning.
        ("bfly.b32 %r31, %r1, 16, 0x101f", LANES & 15),
    ],
)
def test_shuffles(code, source):
    body = f"add.u32 %r1, %r0, 100; shfl.sync.{code}, -1;"
    assert lane_results(body).tolist() == (source + 100).tolist()


def test_votes():
    body = "setp.lt.u32 %p1, %r0, 5; vote.sync.{} -1; selp.u32 %r31, 1, 0, %p2;"
    for kind, want in (("any", 1), ("all", 0), ("uni", 0)):
        assert set(lane_results(body.format(f"{kind}.pred %p2, %p1,")).tolist()) == {want}
    body = "setp.lt.u32 %p1, %r0, 5; vote.sync.ballot.b32 %r31, %p1, -1;"
    assert set(lane_results(body).tolist()) == {31}


def test_reductions_of_a_warp_and_matches():
    assert set(lane_results("redux.sync.add.u32 %r31, %r0, -1;").tolist()) == {496}
    assert set(lane_results("sub.s32 %r1, 3, %r0; redux.sync.min.s32 %r31, %r1, -1;").tolist()) == {
        (3 - 31) % 2**32
    }
    body = "and.b32 %r1, %r0, 1; match.any.sync.b32 %r31, %r1, -1;"
    assert lane_results(body).tolist() == [0x55555555, 0xAAAAAAAA] * 16


def test_lanes_meet_from_different_branches():
    body = """setp.lt.u32 %p1, %r0, 16; @%p1 bra LOW;
    add.u32 %r1, %r0, 0; shfl.sync.bfly.b32 %r31, %r1, 4, 31, 0xffff0000; bra.uni END;
    LOW: add.u32 %r1, %r0, 50; shfl.sync.bfly.b32 %r31, %r1, 8, 31, 0x0000ffff; END:"""
    want = np.where(LANES < 16, (LANES ^ 8) + 50, LANES ^ 4)
    assert lane_results(body).tolist() == want.tolist()
    # One instruction, at which the lanes arrive after loops of different lengths.
    body = """mov.u32 %r1, %r0; LOOP: setp.eq.u32 %p1, %r1, 0; @%p1 bra OUT; sub.u32 %r1, %r1, 1;
    bra LOOP; OUT: shfl.sync.bfly.b32 %r31, %r0, 1, 31, -1;"""
    assert lane_results(body).tolist() == (LANES ^ 1).tolist()


def test_a_lane_that_never_arrives():
    body = """mov.u32 %r31, 0; setp.lt.u32 %p1, %r0, 16; @%p1 bra LOW;
    bar.sync 0; bra.uni END; LOW: shfl.sync.bfly.b32 %r31, %r0, 1, 31, -1; END:"""
    with pytest.raises(Deadlock, match="never arrives"):
        lane_results(body)


def test_a_lane_outside_of_its_own_mask():
    with pytest.raises(PtxError, match="own member mask"):
        lane_results("shfl.sync.bfly.b32 %r31, %r0, 1, 31, 0x7fffffff;")


def test_a_partial_warp_that_claims_to_be_whole_reads_poison():
    # 16 threads, all 32 lanes named: what the absent lanes "hold" is not a number anybody wrote.
    memory = Memory()
    a = memory.empty(16, np.uint32)
    body = """shfl.sync.bfly.b32 %r1, %r0, 16, 31, -1; mad.wide.u32 %l1, %r0, 4, %l0;
    st.global.u32 [%l1], %r1;"""
    run(body, a, memory=memory, block=16)
    assert set(memory.download(a, 16, np.uint32).tolist()) == {0x7FBADBAD}


def test_registers_of_nested_scopes():
    body = """mov.u32 %r31, 1; { .reg .b64 t; mov.u64 t, 5; cvt.u32.u64 %r31, t; }
    { .reg .b32 t; mov.u32 t, 7; add.u32 %r31, %r31, t; }"""
    assert set(lane_results(body).tolist()) == {12}


def test_a_module_is_parsed_kernel_by_kernel():
    one = kernel("mov.u32 %r0, 1;")
    broken = kernel(".shared nonsense;").replace("entry kernel", "entry broken")
    module = Module(one + broken.partition(".address_size 64")[2])
    assert module.kernels == ["kernel", "broken"]
    Simulator(module, Memory()).launch("kernel", 1, 32, [])
    with pytest.raises(PtxError, match="not a declaration"):
        module.kernel("broken")
    with pytest.raises(PtxError, match="no kernel absent"):
        module.kernel("absent")
