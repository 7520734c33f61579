"""The PTX simulator: loads and stores in every space, and what it says of wrong ones."""

import mmap

import numpy as np
import pytest
from ptxsim import Memory, MemoryFault, Module, Race, Simulator
from ptxsim.assembly import kernel, lane_results, run

U8, U16, U32, U64 = np.uint8, np.uint16, np.uint32, np.uint64


@pytest.mark.parametrize(
    ("kind", "register", "count"),
    [
        *(("b8", "%h", 1), ("u16", "%h", 1), ("b32", "%r", 1), ("f32", "%f", 1), ("b64", "%l", 1)),
        *(("v2.b32", "%r", 2), ("v4.b32", "%r", 4), ("v2.b64", "%l", 2), ("v4.u16", "%h", 4)),
        *(("v2.f64", "%d", 2), ("v4.b8", "%h", 4)),
    ],
)
def test_copies_vectors_of_every_width(kind, register, count):
    size = int(kind[-2:].strip("bfu")) // 8 * count
    source = np.random.default_rng(0).integers(0, 256, 32 * size).astype(U8)
    memory = Memory()
    a, b = memory.upload(source), memory.empty(source.size, U8)
    names = ", ".join(f"{register}{i + 3}" for i in range(count))
    names = f"{{{names}}}" if count > 1 else names
    body = f"""mul.wide.u32 %l9, %r0, {size}; add.u64 %l10, %l9, %l0; add.u64 %l11, %l9, %l1;
    ld.global.nc.{kind} {names}, [%l10]; st.global.{kind} [%l11], {names};"""
    run(body.replace("%l3", "%l13"), a, b, memory=memory)
    assert np.array_equal(memory.download(b, source.size, U8), source)


def test_signed_loads_extend_and_narrow_stores_truncate():
    memory = Memory()
    a, b = memory.upload(np.array([0x80, 0x7F], U8)), memory.empty(4, U32)
    run(
        """setp.ne.u32 %p0, %r0, 0; @%p0 bra END;
        ld.global.s8 %r2, [%l0]; st.global.u32 [%l1], %r2;
        ld.global.u8 %r2, [%l0]; st.global.u32 [%l1+4], %r2;
        mov.u32 %r2, 0x12345678; mov.u32 %r3, 0;
        st.global.u32 [%l1+8], %r3; st.global.u16 [%l1+8], %r2;
        st.global.u32 [%l1+12], %r3; st.global.u8 [%l1+13], %r2;
        END:""",
        *(a, b),
        memory=memory,
    )
    assert memory.download(b, 4, U32).tolist() == [0xFFFFFF80, 0x80, 0x5678, 0x7800]


STORE = "mad.wide.u32 %l9, %r0, 4, %l0; st.global.u32 [%l9+{}], %r0;"


def test_out_of_bounds():
    memory = Memory()
    a = memory.empty(32, U32)
    run(STORE.format(0), a, memory=memory)
    with pytest.raises(MemoryFault, match=r"out-of-bounds 4-byte store by 1 thread.*st\.global"):
        run(STORE.format(4), a, memory=memory)
    with pytest.raises(MemoryFault, match="out-of-bounds"):
        run(STORE.format(-4), a, memory=memory)
    with pytest.raises(MemoryFault, match="out-of-bounds"):
        run(STORE.format(0), 0, memory=memory)


def test_a_vector_that_sticks_out_is_out_of_bounds():
    memory = Memory()
    a = memory.upload(np.zeros(7, U32))
    with pytest.raises(MemoryFault, match="out-of-bounds 16-byte load"):
        run("ld.global.v4.b32 {%r2, %r3, %r4, %r5}, [%l0+16];", a, memory=memory)


def test_misaligned():
    memory = Memory()
    a = memory.upload(np.zeros(64, U32), offset=4)
    run("ld.global.u32 %r2, [%l0];", a, memory=memory)
    with pytest.raises(MemoryFault, match="misaligned 16-byte load"):
        run("ld.global.v4.u32 {%r2, %r3, %r4, %r5}, [%l0];", a, memory=memory)
    with pytest.raises(MemoryFault, match="misaligned 2-byte store"):
        run("st.global.u16 [%l0+1], %r0;", a, memory=memory)


def test_never_written():
    memory = Memory()
    a = memory.empty(32, U32)
    with pytest.raises(MemoryFault, match="never written"):
        run("ld.global.u32 %r2, [%l0];", a, memory=memory)
    run("setp.ne.u32 %p0, %r0, 0; @!%p0 st.global.u16 [%l0], %r0;", a, memory=memory)
    run("ld.global.u16 %r2, [%l0];", a, memory=memory)
    with pytest.raises(MemoryFault, match="never written"):
        run("ld.global.u32 %r2, [%l0];", a, memory=memory)
    assert memory.never_written(a, 128) == 126


def test_read_only():
    memory = Memory()
    a = memory.upload(np.zeros(32, U32), writable=False)
    with pytest.raises(MemoryFault, match="read-only"):
        run(STORE.format(0), a, memory=memory)


def test_beyond_two_to_the_31_elements_without_the_memory():
    memory = Memory()
    size = 5 << 32
    a = memory.reserve(size)
    run(
        """mov.u64 %l2, 0x400000000; cvt.u64.u32 %l3, %r0; shl.b64 %l3, %l3, 2;
        add.u64 %l2, %l2, %l3; add.u64 %l2, %l2, %l0; st.global.u32 [%l2], %r0;""",
        a,
        memory=memory,
    )
    assert memory.download(a + (4 << 32), 32, U32).tolist() == list(range(32))
    # The same with the offset cut to 32 bits lands elsewhere: 2^34 is 0 there.
    assert not memory.download(a, 32, U32).any()
    with pytest.raises(MemoryFault, match="out-of-bounds"):
        run(
            "mov.u64 %l2, 0x500000000; add.u64 %l2, %l2, %l0; st.global.u32 [%l2], %r0;",
            a,
            memory=memory,
        )


def test_memory_of_this_process():
    memory = Memory()
    array = np.arange(40, dtype=U32)
    address = array.ctypes.data + 8
    memory.map_host(address, 4 * 32)
    run(
        "mad.wide.u32 %l9, %r0, 4, %l0; ld.global.u32 %r2, [%l9]; add.u32 %r2, %r2, 100;"
        "st.global.u32 [%l9], %r2;",
        address,
        memory=memory,
    )
    assert array.tolist() == [0, 1, *range(102, 134), *range(34, 40)]
    with pytest.raises(MemoryFault, match="out-of-bounds"):
        run(STORE.format(-4), address, memory=memory)
    memory.free(address)
    with pytest.raises(MemoryFault, match="out-of-bounds"):
        run(STORE.format(0), address, memory=memory)


def test_threads_in_different_regions():
    memory = Memory()
    a, b = memory.upload(np.arange(32, dtype=U32)), memory.upload(np.arange(100, 132, dtype=U32))
    y = memory.empty(32, U32)
    run(
        """setp.lt.u32 %p0, %r0, 16; selp.b64 %l3, %l0, %l1, %p0; mul.wide.u32 %l4, %r0, 4;
        add.u64 %l3, %l3, %l4; ld.global.u32 %r2, [%l3]; add.u64 %l4, %l4, %l2;
        st.global.u32 [%l4], %r2;""",
        *(a, b, y),
        memory=memory,
    )
    assert memory.download(y, 32, U32).tolist() == [*range(16), *range(116, 132)]


def test_local_memory_is_each_thread_s_own():
    depot = ".local .align 8 .b8 __local_depot0[16];"
    body = f"""{depot}
    mov.u64 %l1, __local_depot0; cvta.local.u64 %l2, %l1;
    st.local.u32 [%l1+4], %r0; ld.u32 %r31, [%l2+4]; mul.lo.u32 %r31, %r31, 3;"""
    assert lane_results(body).tolist() == [3 * i for i in range(32)]
    with pytest.raises(MemoryFault, match="local memory never written"):
        lane_results(f"{depot} mov.u64 %l1, __local_depot0; ld.local.u32 %r31, [%l1];")
    with pytest.raises(MemoryFault, match="local load out of bounds"):
        lane_results(f"{depot} mov.u64 %l1, __local_depot0; ld.local.u32 %r31, [%l1+16];")


def test_parameters_as_arrays_at_an_index_of_the_thread_s():
    text = kernel(
        """mov.b64 %l1, table; mov.u32 %r0, %tid.x; mul.wide.u32 %l2, %r0, 4;
        add.u64 %l3, %l1, %l2; ld.param.u32 %r2, [%l3]; ld.param.u64 %l4, [y];
        add.u64 %l4, %l4, %l2; st.global.u32 [%l4], %r2; ld.param.v2.u32 {%r3, %r4}, [table+8];""",
        [".u8 first", ".align 8 .b8 table[128]", ".u64 y"],
    )
    memory = Memory()
    y = memory.empty(32, U32)
    table = np.arange(7, 39, dtype=U32)
    simulator = Simulator(Module(text), memory)
    simulator.launch("kernel", 1, 32, [1, table, y])
    assert np.array_equal(memory.download(y, 32, U32), table)
    with pytest.raises(MemoryFault, match="load beyond the"):
        simulator.launch("kernel", 1, 64, [1, table, y])


def test_constants_of_the_module():
    before = """.const .align 4 .b32 table[4] = {5, 6, 0x7, 8};
    .global .align 8 .f64 x = 0d3FF0000000000000;"""
    body = """mov.u64 %l1, table; and.b32 %r1, %r0, 3; mad.wide.u32 %l1, %r1, 4, %l1;
    ld.const.u32 %r31, [%l1]; ld.global.f64 %d1, [x]; cvt.rzi.u32.f64 %r2, %d1;
    add.u32 %r31, %r31, %r2;"""
    assert lane_results(body, before=before).tolist() == [6, 7, 8, 9] * 8


def test_shared_memory_static_and_dynamic():
    memory = Memory()
    y = memory.empty(64, U32)
    body = """mov.u32 %r1, fixed; mov.u32 %r2, sized; mad.lo.u32 %r3, %r0, 4, %r2;
    st.shared.u32 [%r3], %r0; setp.eq.u32 %p1, %r0, 0; @%p1 st.shared.u32 [fixed], 7;
    bar.sync 0;
    xor.b32 %r4, %r0, 63; mad.lo.u32 %r4, %r4, 4, %r2; ld.shared.u32 %r5, [%r4];
    mul.wide.u32 %l1, %r0, 4; add.u64 %l1, %l1, %l0; st.global.u32 [%l1], %r5;"""
    before = ".shared .align 4 .b8 fixed[4];\n.extern .shared .align 16 .b8 sized[];"
    run(body, y, memory=memory, block=64, dynamic_shared=256, before=before)
    assert memory.download(y, 64, U32).tolist() == list(range(63, -1, -1))
    with pytest.raises(MemoryFault, match="shared store out of bounds"):
        run(body, y, memory=memory, block=64, dynamic_shared=252, before=before)


def test_shared_memory_never_written():
    with pytest.raises(MemoryFault, match="shared memory never written"):
        lane_results(".shared .align 4 .b8 s[128]; ld.shared.u32 %r31, [s];")


def test_atomics():
    memory = Memory()
    total, y = memory.upload(np.array([5], U32)), memory.empty(64, U32)
    run(
        """mov.u32 %r1, %ctaid.x; mad.lo.u32 %r1, %r1, 32, %r0; atom.global.add.u32 %r2, [%l0], 2;
        mad.wide.u32 %l2, %r1, 4, %l1; st.global.u32 [%l2], %r2;""",
        *(total, y),
        memory=memory,
        grid=2,
    )
    assert memory.download(total, 1, U32)[0] == 5 + 128
    assert sorted(memory.download(y, 64, U32).tolist()) == list(range(5, 133, 2))
    highest = memory.upload(np.array([3], U32))
    run("red.global.max.u32 [%l0], %r0;", highest, memory=memory)
    assert memory.download(highest, 1, U32)[0] == 31
    flag = memory.upload(np.array([0], U32))
    run("add.u32 %r1, %r0, 1; atom.global.cas.b32 %r2, [%l0], 0, %r1;", flag, memory=memory)
    assert memory.download(flag, 1, U32)[0] == 1


def test_two_blocks_write_one_address():
    memory = Memory()
    a = memory.empty(32, U32)
    with pytest.raises(Race, match="two blocks access one address, 32 times: first block 0 by st"):
        run(STORE.format(0), a, memory=memory, grid=2)


def test_a_block_reads_what_another_wrote():
    memory = Memory()
    a = memory.upload(np.zeros(64, U32))
    body = """mov.u32 %r1, %ctaid.x; mad.lo.u32 %r2, %r1, 32, %r0; mad.wide.u32 %l1, %r2, 4, %l0;
    st.global.u32 [%l1], %r2; xor.b32 %r3, %r2, {}; mad.wide.u32 %l2, %r3, 4, %l0;
    bar.sync 0; ld.global.u32 %r4, [%l2];"""
    run(body.format(1), a, memory=memory, grid=2)
    with pytest.raises(Race, match="two blocks"):
        run(body.format(32), a, memory=memory, grid=2)
    # Nor may it read, and then the other write.
    with pytest.raises(Race, match="two blocks"):
        run(
            "mov.u32 %r1, %ctaid.x; setp.eq.u32 %p0, %r1, 1; ld.global.u32 %r4, [%l0];"
            "@%p0 st.global.u32 [%l0], %r0;",
            a,
            memory=memory,
            grid=2,
            block=1,
        )


def test_all_blocks_may_read_what_nobody_writes():
    memory = Memory()
    a = memory.upload(np.zeros(65, U32))
    body = """mov.u32 %r1, %ctaid.x; mad.lo.u32 %r2, %r1, 32, %r0; mad.wide.u32 %l1, %r2, 4, %l0;
    ld.global.u32 %r3, [%l0+128]; setp.eq.u32 %p1, %r2, 32; @!%p1 st.global.u32 [%l1], %r2;"""
    run(body, a, memory=memory, grid=2)
    assert memory.download(a, 64, U32).tolist() == [*range(32), 0, *range(33, 64)]


def test_two_threads_of_a_block_and_the_barrier_between():
    memory = Memory()
    a = memory.upload(np.zeros(64, U32))
    body = """mad.wide.u32 %l1, %r0, 4, %l0; st.global.u32 [%l1], %r0; {} xor.b32 %r1, %r0, 1;
    mad.wide.u32 %l1, %r1, 4, %l0; ld.global.u32 %r2, [%l1];"""
    run(body.format("bar.sync 0;"), a, memory=memory, block=64)
    with pytest.raises(Race, match="two threads access one address"):
        run(body.format(""), a, memory=memory, block=64)


def test_overlapping_stores_of_different_widths():
    memory = Memory()
    a = memory.empty(8, U32)
    body = """mov.u32 %r1, %ctaid.x; setp.eq.u32 %p0, %r1, 0; setp.ne.u32 %p1, %r0, 0;
    @%p1 bra END; @%p0 st.global.v4.u32 [%l0], {{%r0, %r0, %r0, %r0}};
    @!%p0 st.global.u8 [%l0+{}], %r0; END:"""
    run(body.format(16), a, memory=memory, grid=2)
    with pytest.raises(Race, match="two blocks"):
        run(body.format(15), a, memory=memory, grid=2)


def test_regions_may_not_overlap():
    memory, page = Memory(), mmap.mmap(-1, 4096)
    address = np.frombuffer(page, U8).ctypes.data
    memory.map_host(address, 4096)
    with pytest.raises(MemoryFault, match="mapped already"):
        memory.map_host(address + 64, 64)
