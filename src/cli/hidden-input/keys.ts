/**
 * What a terminal in raw mode sends while somebody types or pastes a hidden text, taken apart byte by byte. Pure: whoever
 * reads the terminal hands over the bytes (`feed`) and says when none came for a while (`pause`).
 *
 * A terminal sends Enter and the line breaks of a paste alike. Where it marks a paste (bracketed paste: `ESC [ 200 ~` …
 * `ESC [ 201 ~`), what stands between the marks is text, whatever it holds. Where it does not, time and content tell: what
 * comes behind a line break without a pause is the next line of a paste, and after such a paste only an Enter by itself
 * ends the input.
 */
import { isUnfinished } from "./unfinished.ts";

export type Outcome = "submitted" | "cancelled";

const [TAB, LF, CR, ESC, TILDE] = [0x09, 0x0a, 0x0d, 0x1b, 0x7e];
const [CTRL_C, CTRL_D, BACKSPACE, CTRL_U, DELETE] = [0x03, 0x04, 0x08, 0x15, 0x7f];
const PASTE_BEGINS = "[200~";
const PASTE_ENDS = Buffer.from("\u001b[201~");

function isLineBreak(byte: number | undefined): boolean {
	return byte === CR || byte === LF;
}

/** Whether a key's sequence, without its ESC, is whole: `[`, parameters and a final letter; `O` and a letter; or Alt and a key. */
function isWhole(sequence: string): boolean {
	if (sequence.startsWith("[")) return /^\[[0-?]*[ -/]*[@-~]$/.test(sequence);
	return sequence.startsWith("O") ? sequence.length === 2 : sequence.length === 1;
}

export class HiddenKeys {
	/** Set once the input has ended. */
	outcome: Outcome | undefined;
	readonly #bytesMax: number;
	readonly #bytes: Buffer;
	#length = 0;
	/** Whether bytes came that there was no room for. They are taken from the terminal all the same, so that no shell gets them. */
	#spilled = false;
	#pasting = false;
	/** Whether this terminal has marked a paste: then a line break outside of marks is Enter. */
	#marksPastes = false;
	/** A key's sequence that has begun, without its ESC. */
	#sequence: string | undefined;
	/** Whether time has passed since the ESC of `#sequence`. */
	#sequencePaused = false;
	/** Line breaks that end the input, or belong to a paste: what comes next says which. */
	#undecided: number[] = [];
	/** What came since the last pause, apart from marked pastes: whether there was text, and text behind a line break. */
	#burst = { hasText: false, isPaste: false };
	#onlyCtrlC = false;
	/** The last bytes of a marked paste, as many as its end has. */
	#last = Buffer.alloc(0);

	/** @param bytesMax how many bytes are kept */
	constructor(bytesMax: number) {
		this.#bytesMax = bytesMax;
		// Room for the mark behind a paste, and for the byte that is too much.
		this.#bytes = Buffer.alloc(bytesMax + PASTE_ENDS.length + 1);
	}

	/** Whether there was more than `bytesMax`. */
	get overflowed(): boolean {
		return this.#spilled || this.#length > this.#bytesMax;
	}

	/** What was typed and pasted, with the line breaks that the terminal sent. */
	get text(): Buffer {
		return this.#bytes.subarray(0, this.#length);
	}

	/** Takes in what the terminal sent. Behind the end of the input nothing counts. */
	feed(chunk: Uint8Array): void {
		this.#onlyCtrlC = chunk.length === 1 && chunk[0] === CTRL_C;
		for (const byte of chunk) {
			if (this.outcome) return;
			if (this.#pasting) this.#paste(byte);
			else if (this.#sequence !== undefined) this.#continueSequence(byte, this.#sequence);
			else this.#type(byte);
		}
	}

	/** To be called when nothing has come for a while: decides what the last line break was. */
	pause(): void {
		// The mark that ends a paste may never come, and then only this key is left.
		if (this.#pasting && this.#onlyCtrlC) this.outcome = "cancelled";
		this.#sequencePaused = true;
		const { hasText, isPaste } = this.#burst;
		this.#burst = { hasText: false, isPaste: false };
		if (this.outcome || this.#undecided.length === 0) return;
		const isOpen = isPaste || this.text.some(isLineBreak) || isUnfinished(this.text);
		if (hasText && isOpen && !this.#marksPastes) this.#keepLineBreaks();
		else this.outcome = "submitted";
	}

	#append(byte: number): void {
		if (this.#length < this.#bytes.length) this.#bytes[this.#length++] = byte;
		else this.#spilled = true;
	}

	#keepLineBreaks(): void {
		for (const byte of this.#undecided) this.#append(byte);
		this.#undecided = [];
	}

	#paste(byte: number): void {
		this.#append(byte);
		this.#last = Buffer.concat([this.#last, Buffer.of(byte)]).subarray(-PASTE_ENDS.length);
		if (byte !== TILDE || !PASTE_ENDS.equals(this.#last)) return;
		if (!this.#spilled) this.#length -= PASTE_ENDS.length;
		this.#pasting = false;
	}

	#continueSequence(byte: number, begun: string): void {
		const char = String.fromCharCode(byte);
		const isAlone = begun === "" && this.#sequencePaused;
		this.#sequence = undefined;
		// Escape by itself means nothing; the key that comes later is a key of its own.
		if (isAlone && char !== "[" && char !== "O") this.#type(byte);
		else if (!isWhole(begun + char)) this.#sequence = begun + char;
		else if (begun + char === PASTE_BEGINS) this.#beginPaste();
	}

	#beginPaste(): void {
		this.#keepLineBreaks();
		this.#pasting = true;
		this.#marksPastes = true;
		this.#last = Buffer.alloc(0);
	}

	#type(byte: number): void {
		if (byte === ESC) {
			this.#sequence = "";
			this.#sequencePaused = false;
			return;
		}
		if (isLineBreak(byte)) {
			this.#undecided.push(byte);
			return;
		}
		if (byte === CTRL_C) this.outcome = "cancelled";
		else if (byte === CTRL_D) this.outcome = this.#length > 0 ? "submitted" : "cancelled";
		else this.#edit(byte);
	}

	#edit(byte: number): void {
		if (byte === DELETE || byte === BACKSPACE) this.#deleteLast();
		else if (byte === CTRL_U) this.#length = 0;
		else if (byte >= 0x20 || byte === TAB) {
			// Somebody who types waits after Enter for what it does; a paste does not.
			if (this.#undecided.length > 0) this.#burst.isPaste = true;
			this.#keepLineBreaks();
			this.#burst.hasText = true;
			this.#append(byte);
		}
	}

	/** Takes back one character: in UTF-8 its first byte, and those that continue it. */
	#deleteLast(): void {
		while (this.#length > 0) {
			this.#length--;
			if (((this.#bytes[this.#length] ?? 0) & 0xc0) !== 0x80) return;
		}
	}

	/** Overwrites what is kept. */
	wipe(): void {
		this.#bytes.fill(0);
		this.#length = 0;
	}
}
