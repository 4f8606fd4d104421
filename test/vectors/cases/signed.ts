/** Records with invalid signatures, and records that were moved from another place. */
import { alice, bob, dave, linkHash } from "../primitives.ts";
import type { Vector } from "../vector.ts";
import type { VaultWriter } from "../writer.ts";
import { fault, otherBytes, reword, smallVault } from "./case.ts";
import { API_KEY, changed, record } from "./record-case.ts";
import { KEYS, neutralR, signatureOfNobody, unreduced } from "./signatures.ts";

const FORGED = "RECORD_FORGED";

const keyBytes = {
	neutral: "01".padEnd(64, "0"),
	orderFour: "".padEnd(64, "0"),
	notCanonical: `ee${"ff".repeat(30)}7f`,
} as const;

const context = (vault: VaultWriter, ...changes: [index: number, value: string | number][]) => {
	const { id } = vault.production.epoch;
	const words: (string | number)[] = [vault.id, "production", id, "API_KEY", 1, "live", 1];
	for (const [index, value] of changes) words[index] = value;
	return words;
};
const signedFor = (name: string, index: number, value: (vault: VaultWriter) => string | number) =>
	record(`signed-for-another-${name}`, FORGED, `The signature is for another ${name}`, (vault) => ({
		signContext: context(vault, [index, value(vault)]),
	}));

/** Invalid signatures. Each record would open. */
const signatures: Vector[] = [
	signedFor("vault", 0, () => smallVault("another").id),
	signedFor("environment", 1, () => "preview"),
	signedFor("epoch", 2, (vault) => vault.preview.epoch.id),
	signedFor("name", 3, () => "API_KEYS"),
	signedFor("version", 4, () => 2),
	signedFor("version-word", 4, () => "v1"),
	signedFor("kind", 5, () => "deleted"),
	signedFor("since", 6, () => 2),
	record("signature-zero", FORGED, "A signature of zeros", () => ({ signature: () => new Uint8Array(64) })),
	record("signature-not-reduced", FORGED, "S is not below the group's order", () => ({
		signature: unreduced,
	})),
	record("signature-small-r", FORGED, "R is the neutral point; the equation holds", () => ({
		signature: (_, content) => neutralR(alice, content),
	})),
	record("signed-in-anothers-name", FORGED, "Signed by bob in the name of alice", () => ({
		by: bob,
		author: alice.sign,
	})),
	...(["neutral", "orderFour", "notCanonical"] as const).map((key) =>
		fault(
			`record-key-${key === "orderFour" ? "of-order-four" : key === "neutral" ? "neutral" : "not-canonical"}`,
			FORGED,
			"The author is a writer whose key lets anybody sign",
			({ production }) => {
				production.add("writer", dave, (words) => [...words.slice(0, 2), KEYS[key], ...words.slice(3)]);
				const raw = Buffer.from(keyBytes[key], "hex");
				production.set("API_KEY", "the key itself", {
					author: KEYS[key],
					signature: (_, content) => signatureOfNobody(raw, content),
				});
				return API_KEY;
			},
		),
	),
	changed("signature-changed", FORGED, "A signature of other bytes", (body) => reword(body, 6, otherBytes)),
	changed("payload-changed", FORGED, "A payload of other bytes", (body) => reword(body, 5, otherBytes)),
	changed("version-raised", FORGED, "The version was raised", (body) => reword(body, 0, "v2")),
	changed("deleted-by-word", FORGED, "'live' was changed to 'deleted'", (body) => reword(body, 1, "deleted")),
	changed("author-exchanged", FORGED, "Another writer is named", (body) => reword(body, 4, bob.sign)),
	changed(
		"moved-from-another-name",
		FORGED,
		"The record of another name",
		(_, { production }) => production.records.get("TOKEN") ?? "",
	),
];

const EPOCH = "RECORD_EPOCH_UNKNOWN";
const twin = (vault: VaultWriter) => {
	// An environment with production's key and epoch: only its name distinguishes its records from
	// production's.
	const epoch = vault.production.epoch;
	const qa = vault.section("qa");
	qa.newEpoch = () => {
		qa.epochs.push(epoch);
		return epoch;
	};
	const link = qa.genesis();
	vault.link(["create", "qa", linkHash(link)]);
	return qa;
};

const replays: Vector[] = [
	changed(
		"of-another-environment",
		EPOCH,
		"The record of the same name in preview",
		(_, { preview }) => preview.records.get("API_KEY") ?? "",
	),
	changed(
		"of-another-vault",
		EPOCH,
		"The record of the same name in another vault",
		() => smallVault("another").production.records.get("API_KEY") ?? "",
	),
	changed("of-unknown-epoch", EPOCH, "An epoch that never existed", (body) =>
		reword(body, 2, `1.${"A".repeat(11)}`),
	),
	changed("of-later-epoch", EPOCH, "An epoch that does not exist yet", (body) =>
		reword(body, 2, (id) => id.replace("1.", "2.")),
	),
	fault(
		"record-of-twin-environment",
		FORGED,
		"A record of an environment with the same key, epoch and members",
		(vault) => {
			twin(vault).records.set("API_KEY", vault.production.records.get("API_KEY") ?? "");
			return ["qa", "API_KEY"];
		},
	),
	fault(
		"record-moved-into-new-epoch",
		FORGED,
		"A record of the old epoch with the id of the new one",
		({ production }) => {
			production.begin([]);
			production.records.set(
				"API_KEY",
				reword(production.records.get("API_KEY") ?? "", 2, production.epoch.id),
			);
			return API_KEY;
		},
	),
	fault("record-since-lowered", FORGED, "SINCE was lowered, as if the value were older", ({ production }) => {
		production.begin([]);
		production.set("API_KEY", "the key itself");
		production.records.set("API_KEY", reword(production.records.get("API_KEY") ?? "", 3, "1"));
		return API_KEY;
	}),
	fault("record-since-raised", FORGED, "SINCE was raised, as if the value were newer", ({ production }) => {
		production.begin([]);
		production.set("API_KEY", "the key itself", { since: 1 });
		production.records.set("API_KEY", reword(production.records.get("API_KEY") ?? "", 3, "2"));
		return API_KEY;
	}),
	fault(
		"records-swapped",
		FORGED,
		"The second lines of two names are swapped",
		({ production: { records } }) => {
			const [key = "", token = ""] = [records.get("API_KEY"), records.get("TOKEN")];
			records.set("API_KEY", token);
			records.set("TOKEN", key);
			return API_KEY;
		},
	),
];

/** Vectors of signatures and of moved records. */
export const signedVectors = (): Vector[] => [...signatures, ...replays];
