// The store without a disk: folders are maps, so that listing costs what the folder holds and not what the store holds.
import { assertKey, assertPrefix } from '../../controller/core/keys.ts';
import type { Store } from '../../controller/ports.ts';

class Folder {
  readonly objects = new Map<string, Uint8Array>();
  readonly folders = new Map<string, Folder>();
  /** All names, sorted; folders end in '/'. */
  readonly names: string[] = [];

  add(name: string): void {
    let [low, high] = [0, this.names.length];
    if (high > 0 && this.names[high - 1]! < name) low = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.names[middle]! < name) low = middle + 1;
      else high = middle;
    }
    this.names.splice(low, 0, name);
  }
}

export class MemoryStore implements Store {
  readonly #root = new Folder();

  async get(key: string): Promise<Uint8Array | null> {
    assertKey(key);
    const [folder, name] = this.#find(key);
    const bytes = folder?.objects.get(name);
    return bytes ? Buffer.from(bytes) : null;
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    assertKey(key);
    const [folder, name] = this.#make(key);
    if (folder.objects.has(name)) return false;
    write(folder, name, bytes);
    return true;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    assertKey(key);
    const [folder, name] = this.#make(key);
    write(folder, name, bytes);
  }

  async list(prefix: string): Promise<string[]> {
    assertPrefix(prefix);
    const [folder] = this.#find(prefix);
    return folder ? folder.names.slice() : [];
  }

  #find(key: string): [Folder | undefined, string] {
    const segments = key.split('/');
    const name = segments.pop()!;
    let folder: Folder | undefined = this.#root;
    for (const segment of segments) folder = folder?.folders.get(segment);
    return [folder, name];
  }

  #make(key: string): [Folder, string] {
    const segments = key.split('/');
    const name = segments.pop()!;
    let folder = this.#root;
    for (const segment of segments) {
      let inner = folder.folders.get(segment);
      if (!inner) {
        inner = new Folder();
        folder.folders.set(segment, inner);
        folder.add(`${segment}/`);
      }
      folder = inner;
    }
    return [folder, name];
  }
}

function write(folder: Folder, name: string, bytes: Uint8Array): void {
  if (!folder.objects.has(name)) folder.add(name);
  folder.objects.set(name, Buffer.from(bytes));
}
