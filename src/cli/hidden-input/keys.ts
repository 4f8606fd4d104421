/**
 * Interprets the bytes that a terminal in raw mode sends while the user types or pastes hidden text. Pure:
 * the code that reads the terminal calls `feed` with the bytes, and `pause` when no bytes came for a while.
 *
 * A terminal sends the same byte for Enter and for a line break in a paste. Many terminals mark a paste
 * (bracketed paste: `ESC [ 200 ~` … `ESC [ 201 ~`). Then everything between the marks is text. Without marks,
 * time and content decide: text that follows a line break without a pause is the next line of a paste. After
 * such a paste, only an Enter with a pause before it ends the input.
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

/**
 * Whether the escape sequence of a key, without its ESC, is complete: `[`, parameters and a final letter; `O` and a
 * letter; or Alt and a key.
 */
function isComplete(sequence: string): boolean {
	if (sequence.startsWith("[")) return /^\[[0-?]*[ -/]*[@-~]$/.test(sequence);
	return sequence.startsWith("O") ? sequence.length === 2 : sequence.length === 1;
}

export class HiddenKeys {
	/** Set when the input has ended. */
	outcome: Outcome | undefined;
	readonly #bytesMax: number;
	readonly #bytes: Buffer;
	#length = 0;
	/**
	 * Whether more bytes came than fit into the buffer. They are still read from the terminal, so that they do not reach
	 * the shell afterwards.
	 */
	#spilled = false;
	#pasting = false;
	/** Whether this terminal has marked a paste. Then a line break outside the marks is Enter. */
	#marksPastes = false;
	/** The escape sequence that has begun, without its ESC. */
	#sequence: string | undefined;
	/** Whether there was a pause after the ESC of `#sequence`. */
	#sequencePaused = false;
	/** Line breaks that either end the input or belong to a paste. The next bytes decide. */
	#undecided: number[] = [];
	/**
	 * The input since the last pause, without marked pastes: whether it had text, and text after a line
	 * break.
	 */
	#burst = { hasText: false, isPaste: false };
	#onlyCtrlC = false;
	/** The last bytes of a marked paste, to find the mark at its end. */
	#last = Buffer.alloc(0);

	/** @param bytesMax the largest number of bytes of text */
	constructor(bytesMax: number) {
		this.#bytesMax = bytesMax;
		// Has room for the mark at the end of a paste, and for one byte too many.
		this.#bytes = Buffer.alloc(bytesMax + PASTE_ENDS.length + 1);
	}

	/** Whether the text is longer than `bytesMax`. */
	get overflowed(): boolean {
		return this.#spilled || this.#length > this.#bytesMax;
	}

	/** The text, with the line breaks that the terminal sent. */
	get text(): Buffer {
		return this.#bytes.subarray(0, this.#length);
	}

	/** Processes bytes from the terminal. Bytes after the end of the input are ignored. */
	feed(chunk: Uint8Array): void {
		this.#onlyCtrlC = chunk.length === 1 && chunk[0] === CTRL_C;
		for (const byte of chunk) {
			if (this.outcome) return;
			if (this.#pasting) this.#paste(byte);
			else if (this.#sequence !== undefined) this.#continueSequence(byte, this.#sequence);
			else this.#type(byte);
		}
	}

	/**
	 * Decides whether the last line break was Enter or a part of a paste. The caller calls it when no bytes came for a
	 * while.
	 */
	pause(): void {
		// The mark that ends a paste may never come. Then only Ctrl-C ends the input.
		if (this.#pasting && this.#onlyCtrlC) this.outcome = "cancelled";
		this.#sequencePaused = true;
		const { hasText, isPaste } = this.#burst;
		this.#burst = { hasText: false, isPaste: false };
		if (this.outcome || this.#undecided.length === 0) return;
		const continues = isPaste || this.text.some(isLineBreak) || isUnfinished(this.text);
		if (hasText && continues && !this.#marksPastes) this.#keepLineBreaks();
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
		// Escape alone does nothing. A key that follows after a pause is a separate key.
		if (isAlone && char !== "[" && char !== "O") this.#type(byte);
		else if (!isComplete(begun + char)) this.#sequence = begun + char;
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
			// A user who types waits after Enter. Text that follows without a pause is from a paste.
			if (this.#undecided.length > 0) this.#burst.isPaste = true;
			this.#keepLineBreaks();
			this.#burst.hasText = true;
			this.#append(byte);
		}
	}

	/** Deletes the last character: its first byte in UTF-8, and the bytes that continue it. */
	#deleteLast(): void {
		while (this.#length > 0) {
			this.#length--;
			if (((this.#bytes[this.#length] ?? 0) & 0xc0) !== 0x80) return;
		}
	}

	/** Overwrites the text in memory. */
	wipe(): void {
		this.#bytes.fill(0);
		this.#length = 0;
	}
}
