/**
 * Converts an offset in a bundle to a file and a line, by its source map.
 *
 * The mappings are scanned once, and the state of the decoder is kept for each line. The segments of a line are decoded
 * on demand. A table of all segments of a large bundle would cost more than the whole analysis.
 */
import { lineShift } from "./line-shift.ts";
import { MappingsReader } from "./mappings-reader.ts";

/** A position in an original source: the entry of `sources`, and the 1-based line. */
export interface Position {
	source: string;
	line: number;
}

/** The part of a source map that is used. */
interface SourceMapJson {
	sources: (string | null)[];
	mappings: string;
}

/** The state of the decoder at the start of a line of the map. */
interface DecoderState {
	offset: number;
	source: number;
	line: number;
}

export class Positions {
	readonly #lineOffsets: number[] = [0];
	readonly #map: SourceMapJson | undefined;
	/** For each line of the map three numbers: offset, source and original line at its start. */
	readonly #starts: number[] = [];
	/** For each line of the map the source of its first segment, or -1. */
	readonly #firsts: number[] = [];
	/** The number of lines by which the map is ahead of the code. */
	#shift = 0;

	/**
	 * @param code the bundle
	 * @param sourceMap JSON text. If it is missing or not a source map, positions are those in the bundle.
	 */
	constructor(code: string, sourceMap: string | undefined) {
		for (let at = code.indexOf("\n"); at >= 0; at = code.indexOf("\n", at + 1))
			this.#lineOffsets.push(at + 1);
		this.#map = sourceMap === undefined ? undefined : parseMap(sourceMap);
		if (this.#map === undefined) return;
		this.#scan(this.#map.mappings);
		this.#shift = lineShift(code, this.#map.sources, this.#firsts);
	}

	/** Whether there is a source map. */
	get mapped(): boolean {
		return this.#map !== undefined;
	}

	/**
	 * The source of the line that an offset is in; empty if it is unknown. This distinguishes modules, since each begins
	 * on a new line.
	 */
	sourceAt(offset: number): string {
		const line = this.#lineOf(offset) + this.#shift;
		const first = this.#firsts[line];
		if (first === undefined || this.#map === undefined) return "";
		if (first < 0 && this.#starts[line * 3] === line) return "";
		return this.#map.sources[first < 0 ? (this.#starts[line * 3 + 1] ?? 0) : first] ?? "";
	}

	/**
	 * The original position of an offset (UTF-16 code units). If the map has no entry for it, returns the line in the
	 * bundle and an empty source.
	 */
	at(offset: number): Position {
		const index = this.#lineOf(offset);
		const column = offset - (this.#lineOffsets[index] ?? 0);
		const bundled = { source: "", line: index + 1 };
		if (this.#map === undefined) return bundled;
		const mapped = index + this.#shift;
		const found = this.#segment(mapped, column) ?? this.#before(mapped);
		const source = found === undefined ? undefined : this.#map.sources[found.source];
		return found === undefined || typeof source !== "string" ? bundled : { source, line: found.line + 1 };
	}

	#lineOf(offset: number): number {
		let low = 0;
		let high = this.#lineOffsets.length - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if ((this.#lineOffsets[middle] ?? 0) <= offset) low = middle;
			else high = middle - 1;
		}
		return low;
	}

	/** The last mapping before a line that has none: the line belongs to the same statement. */
	#before(index: number): { source: number; line: number } | undefined {
		for (let line = index - 1; line >= 0 && line > index - 1000; line--) {
			const found = this.#segment(line, Number.POSITIVE_INFINITY);
			if (found !== undefined) return found;
		}
		return undefined;
	}

	#scan(mappings: string) {
		const reader = new MappingsReader(mappings);
		for (let more = true; more; ) {
			this.#starts.push(reader.offset, reader.source, reader.original);
			more = reader.line();
			this.#firsts.push(reader.first);
		}
	}

	/** The first of the segments at the last column that is not after `column`. */
	#segment(index: number, column: number): { source: number; line: number } | undefined {
		const [offset, source, line] = this.#starts.slice(index * 3, index * 3 + 3);
		if (offset === undefined || this.#map === undefined) return undefined;
		const start: DecoderState = { offset, source: source ?? 0, line: line ?? 0 };
		const reader = new MappingsReader(this.#map.mappings, start);
		let best: { column: number; source: number; line: number } | undefined;
		reader.line((at) => {
			if (at > column || best?.column === at) return;
			best = { column: at, source: reader.source, line: reader.original };
		});
		return best;
	}
}

function parseMap(text: string): SourceMapJson | undefined {
	try {
		const map = JSON.parse(text) as SourceMapJson;
		return typeof map?.mappings === "string" && Array.isArray(map.sources) ? map : undefined;
	} catch {
		return undefined;
	}
}
