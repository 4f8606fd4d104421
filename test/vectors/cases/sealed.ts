/** Records with a valid signature that do not open, or whose content is not a valid value. */
import { base64, bob, padded } from "../primitives.ts";
import type { Vector } from "../vector.ts";
import type { RecordWords } from "../words.ts";
import type { VaultWriter } from "../writer.ts";
import { fault, smallVault } from "./case.ts";
import { API_KEY, record } from "./record-case.ts";

const UNREADABLE = "RECORD_UNREADABLE";

/**
 * Payloads that a writer copied from another record and signed: the signature is valid, and the payload does
 * not open.
 */
function seals(): Vector[] {
	const sealedFor = (name: string, index: number, value: (vault: VaultWriter) => string | number) =>
		record(`sealed-for-another-${name}`, UNREADABLE, `The payload is sealed for another ${name}`, (vault) => {
			const { id } = vault.production.epoch;
			const sealContext: (string | number)[] = [vault.id, "production", id, "API_KEY", 1, "live", 1];
			sealContext[index] = value(vault);
			return { sealContext, by: bob };
		});
	return [
		sealedFor("vault", 0, () => smallVault("another").id),
		sealedFor("environment", 1, () => "preview"),
		sealedFor("epoch", 2, (vault) => vault.preview.epoch.id),
		sealedFor("name", 3, () => "TOKEN"),
		sealedFor("version", 4, () => 2),
		sealedFor("kind", 5, () => "deleted"),
		sealedFor("since", 6, () => 2),
		record(
			"payload-of-another-name",
			UNREADABLE,
			"Bob signs the payload of TOKEN as API_KEY",
			({ production }) => ({ by: bob, sealed: production.word("TOKEN", 5) }),
		),
		record("sealed-with-another-key", UNREADABLE, "Sealed with the key of preview", ({ preview }) => ({
			key: preview.epoch.key,
		})),
		record("payload-zero", UNREADABLE, "A payload of zeros", () => ({ sealed: base64(new Uint8Array(104)) })),
		fault(
			"record-sealed-with-new-key",
			UNREADABLE,
			"A record of the old epoch that is encrypted with the key of the new one",
			({ production }) => {
				const before = production.epoch;
				production.begin([]);
				production.set("API_KEY", "the key itself", { epoch: before, key: production.epoch.key });
				return API_KEY;
			},
		),
	];
}

/** Records that open, but whose content is not a valid value. */
function contents(): Vector[] {
	const content = (name: string, comment: string, bytes: Uint8Array, words: RecordWords = {}) =>
		record(`content-${name}`, UNREADABLE, comment, () => ({ ...words, content: bytes }));
	const block = (...bytes: number[]) => Buffer.concat([Buffer.from(bytes), Buffer.alloc(64 - bytes.length)]);
	const utf8 = (name: string, comment: string, ...bytes: number[]) =>
		content(`not-utf-8-${name}`, comment, padded(Buffer.from(bytes)));
	return [
		content("padding-missing", "Padding of zeros without the byte 0x80", block()),
		content("padding-other-byte", "0x81 instead of 0x80", block(0x61, 0x81)),
		content("padding-without-zeros", "Letters to the end of the block", Buffer.alloc(64, 0x61)),
		content("padding-not-zero", "A byte 1 after the byte 0x80", block(0x61, 0x80, 1)),
		content(
			"padding-too-long",
			"The byte 0x80 is in the block before the last",
			Buffer.concat([block(0x61, 0x80), block()]),
		),
		utf8("invalid-byte", "A byte that is never in UTF-8", 0x61, 0xff),
		utf8("overlong", "An overlong form", 0xc0, 0xaf),
		utf8("surrogate", "A surrogate", 0xed, 0xa0, 0x80),
		utf8("too-large", "A number above U+10FFFF", 0xf4, 0x90, 0x80, 0x80),
		utf8("cut", "A letter of three bytes, of which only two are present", 0xe2, 0x82),
		content("too-large", "A value of 65,537 bytes", padded(Buffer.alloc(65_537, 0x61))),
		content("of-tombstone", "A tombstone with a value", padded(Buffer.from("still here")), {
			kind: "deleted",
			version: 2,
		}),
	];
}

/** Vectors of payloads. */
export const sealedVectors = (): Vector[] => [...seals(), ...contents()];
