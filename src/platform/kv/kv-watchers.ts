/** Functions that are called when a key is written. */
export class KvWatchers {
	readonly #byKey = new Map<string, Set<() => void>>();

	/** @param onWritten called after each write of one of the keys. @returns a function that ends this */
	add(keys: readonly Buffer[], onWritten: () => void): () => void {
		const names = keys.map(nameOf);
		for (const name of names) {
			const known = this.#byKey.get(name) ?? new Set();
			this.#byKey.set(name, known.add(onWritten));
		}
		return () => {
			for (const name of names) {
				const known = this.#byKey.get(name);
				known?.delete(onWritten);
				if (known?.size === 0) this.#byKey.delete(name);
			}
		};
	}

	/** Calls each function once. */
	notify(keys: readonly Buffer[]): void {
		if (this.#byKey.size === 0) return;
		const called = new Set(keys.flatMap((key) => [...(this.#byKey.get(nameOf(key)) ?? [])]));
		for (const onWritten of called) onWritten();
	}

	close(): void {
		this.#byKey.clear();
	}
}

function nameOf(key: Buffer): string {
	return key.toString("latin1");
}
