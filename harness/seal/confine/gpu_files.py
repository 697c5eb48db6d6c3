"""Which device files of NVIDIA's driver a confined child may use: its own GPU's, and those that all GPUs share."""
import os

DEVICES = "/dev"
GPUS = "/proc/driver/nvidia/gpus"
SHARED = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-caps", "nvidia-modeset")


def device_files(named):
    """Absolute paths. `named`: the supervisor's own CUDA_VISIBLE_DEVICES, None where it has none.

    train.py can set that variable itself, so only the files keep it from the GPUs of other runs.
    """
    present = sorted(name for name in os.listdir(DEVICES) if name.startswith("nvidia"))
    own = _minors(named)
    chosen = [name for name in present if name in SHARED or (name[6:].isdigit() and (own is None or name[6:] in own))]
    return [os.path.join(DEVICES, name) for name in chosen]


def _minors(named):
    """The device numbers of the GPUs whose UUIDs are named, as text. None where that cannot be told."""
    own = set()
    for uuid in (named or "").split(","):
        uuid = uuid.strip()
        found = {minor for known, minor in _told() if known.startswith(uuid)} if uuid.startswith("GPU-") else set()
        if not found:
            return None  # A number, a MIG device, or a driver that tells no UUID: what the container shows is the limit.
        own |= found
    return own


def _told():
    """(UUID, device number) of each GPU, as the driver tells them."""
    told = []
    for entry in os.listdir(GPUS) if os.path.isdir(GPUS) else []:
        with open(os.path.join(GPUS, entry, "information"), encoding="utf-8", errors="replace") as file:
            facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in file)}
        if facts.get("Device Minor", "").isdigit():
            told.append((facts.get("GPU UUID", ""), facts["Device Minor"]))
    return told
