"""What a kernel can reach on paper: the memory's bandwidth, or the issue of its instructions."""

# Streaming multiprocessors, clock in GHz, memory in TB/s: NVIDIA's data sheets of the SXM cards.
DEVICES = {"H100": (132, 1.755, 3.35), "H200": (132, 1.755, 4.8)}
INSTRUCTIONS_PER_CLOCK = 4 * 32  # a warp's from each of four schedulers


def shares(bytes_moved, instructions):
    """The share of each device's memory bandwidth, in percent, that is left by so many instructions
    for each element, in the order of DEVICES."""
    percent = []
    for processors, clock, bandwidth in DEVICES.values():
        elements_by_memory = bandwidth * 1e12 / bytes_moved
        elements_by_issue = processors * clock * 1e9 * INSTRUCTIONS_PER_CLOCK / instructions
        percent.append(f"{100 * min(1.0, elements_by_issue / elements_by_memory):.0f}")
    return " / ".join(percent) + " %"
