/** What the texts of nodes say. A text that has not changed is not parsed again. */
import { type NodeInfo, parseNode } from "./announcement.ts";

interface Shown {
	readonly text: string;
	/** Undefined: no node of this platform wrote it. */
	readonly info: NodeInfo | undefined;
}

export class ShownNodes {
	readonly #key: Uint8Array;
	#shown: ReadonlyMap<string, Shown> = new Map();

	/** @param key the key of the platform's identity for stored state: 32 bytes */
	constructor(key: Uint8Array) {
		this.#key = key;
	}

	/** @param texts all texts that are shown, by their names @returns what nodes of this platform say, by the same names */
	read(texts: ReadonlyMap<string, string>): [name: string, info: NodeInfo][] {
		this.#shown = new Map([...texts].map(([name, text]) => [name, this.#parsed(name, text)]));
		return [...this.#shown].flatMap(([name, { info }]) => (info ? [[name, info]] : []));
	}

	#parsed(name: string, text: string): Shown {
		const before = this.#shown.get(name);
		return before?.text === text ? before : { text, info: parseNode(text, this.#key) };
	}
}
