// How large a train.py may be, in bytes of UTF-8: the same for a person and for a model. It is many times what a trainer
// needs. A model reads the whole file in each request; a Job carries it packed, and has a limit of its own.

export const TRAIN_PY_BYTES = 200 * 1024;

/** Why a train.py of so many bytes is refused; null where it is not. */
export function tooLarge(bytes: number): string | null {
  if (bytes <= TRAIN_PY_BYTES) return null;
  return `train.py may have at most ${TRAIN_PY_BYTES} bytes, and this one has ${bytes}; make it smaller`;
}
