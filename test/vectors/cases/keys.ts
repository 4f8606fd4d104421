/** Keys that do not open or do not match their commitment. Only a reader with an identity detects these faults. */
import {
	alice,
	base64,
	bob,
	carol,
	commitmentOf,
	dave,
	encrypt,
	fields,
	linkHash,
	mallory,
} from "../primitives.ts";
import type { Vector } from "../vector.ts";
import type { EpochWords } from "../words.ts";
import type { EnvironmentWriter } from "../writer.ts";
import { fault, otherBytes, reword, smallVault } from "./case.ts";

const WRONG = "VAULT_KEY_WRONG";

/** The words with those of one epoch changed. */
type Turn = (words: EpochWords, environment: EnvironmentWriter) => Partial<EpochWords>;

function previousKey(
	production: EnvironmentWriter,
	key: Uint8Array = new Uint8Array(32),
	epoch = production.epoch.id,
	environment = "production",
): string {
	const { vault } = production;
	return base64(
		encrypt(
			vault.random(24),
			key,
			fields("coffer/previous-key/1", vault.id, environment, epoch),
			production.epoch.key,
		),
	);
}

const first = (
	name: string,
	comment: string,
	change: (words: string[], environment: EnvironmentWriter) => string[],
) =>
	fault(`key-${name}`, WRONG, comment, (vault) => {
		const qa = vault.section("qa");
		const link = qa.genesis((words) => change(words, qa));
		vault.link(["create", "qa", linkHash(link)]);
		return undefined;
	});
const second = (name: string, comment: string, turn: Turn, stale = false) =>
	fault(`key-${name}`, WRONG, comment, ({ production }) => {
		production.begin([], (words) => ({ ...words, ...turn(words, production) }));
		if (stale) return undefined;
		for (const record of ["API_KEY", "GONE", "TOKEN"]) production.records.delete(record);
		return undefined;
	});
const commitment = (
	environment: EnvironmentWriter,
	vaultId: string,
	name: string,
	epoch = environment.epoch,
) => commitmentOf(epoch.key, vaultId, name, epoch.id);

/** Keys that do not open or do not match their commitment. Only a reader with an identity detects these faults. */
const keys: Vector[] = [
	first("wrap-for-another", "The creator's wrap is sealed to another member", (words, qa) =>
		reword(words.join(" "), -1, qa.wrap(bob)).split(" "),
	),
	first("wrap-changed", "A wrap of other bytes", (words) =>
		reword(words.join(" "), -1, otherBytes).split(" "),
	),
	first("wrap-of-another-key", "The wrap contains a key that does not match the commitment", (words, qa) =>
		reword(words.join(" "), -1, qa.wrap(alice, qa.vault.random(32))).split(" "),
	),
	first("commitment-changed", "A commitment of other bytes", (words) =>
		reword(words.join(" "), 3, otherBytes).split(" "),
	),
	first("commitment-of-another-environment", "A commitment for preview", (words, qa) =>
		reword(words.join(" "), 3, commitment(qa, qa.vault.id, "preview")).split(" "),
	),
	first("commitment-of-another-vault", "A commitment for another vault", (words, qa) =>
		reword(words.join(" "), 3, commitment(qa, smallVault("another").id, "qa")).split(" "),
	),
	first("commitment-of-another-epoch", "A commitment for the epoch of preview", (words, qa) =>
		reword(
			words.join(" "),
			3,
			commitment(qa, qa.vault.id, "qa", { ...qa.epoch, id: qa.vault.preview.epoch.id }),
		).split(" "),
	),
	second(
		"later-wrap-of-the-old-key",
		"The wraps of the second epoch contain the key of the first one",
		(_, production) => ({
			wraps: [alice, bob, carol]
				.sort((a, b) => (a.sign < b.sign ? -1 : 1))
				.map((member) => `${member.sign}:${production.wrap(member, production.epochs[0]?.key)}`)
				.join(","),
		}),
	),
	second("later-wraps-swapped", "The wraps of all members are exchanged", ({ wraps }) => {
		const made = wraps.split(",").map((pair) => pair.split(":"));
		return {
			wraps: made.map(([sign], index) => `${sign}:${made[(index + 1) % made.length]?.[1]}`).join(","),
		};
	}),
	second("later-commitment-changed", "A commitment of other bytes", ({ commitment }) => ({
		commitment: otherBytes(commitment),
	})),
	second(
		"previous-changed",
		"A previous key of other bytes; a record of that epoch is left",
		({ previousKey }) => ({ previousKey: otherBytes(previousKey) }),
		true,
	),
	second(
		"previous-of-another",
		"The previous key does not match its commitment",
		(_, production) => ({ previousKey: previousKey(production, production.vault.random(32)) }),
		true,
	),
	second(
		"previous-for-another-epoch",
		"The previous key is sealed for another epoch's id",
		(_, production) => ({
			previousKey: previousKey(production, production.epochs[0]?.key, "2.AAAAAAAAAAA"),
		}),
		true,
	),
	second(
		"previous-for-another-environment",
		"The previous key is sealed for preview",
		(_, production) => ({
			previousKey: previousKey(production, production.epochs[0]?.key, production.epoch.id, "preview"),
		}),
		true,
	),
	fault("key-not-a-member", "NOT_A_MEMBER", "The reader is in no environment", () => undefined, {
		identity: mallory.seed,
	}),
	fault(
		"key-removed-member",
		"NOT_A_MEMBER",
		"The reader was removed",
		({ production }) => {
			production.add("writer", dave);
			production.begin([dave]);
			return undefined;
		},
		{ identity: dave.seed },
	),
];

/** Vectors of keys. */
export const keyVectors = (): Vector[] => keys;
