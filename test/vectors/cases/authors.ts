/** Records of authors who are not writers, or were not writers at that time. */
import { bob, carol, dave, mallory } from "../primitives.ts";
import type { Vector } from "../vector.ts";
import { fault } from "./case.ts";
import { API_KEY, record } from "./record-case.ts";
import { KEYS, signatureOfNobody } from "./signatures.ts";

const UNKNOWN = "RECORD_AUTHOR_UNKNOWN";
const REMOVED = "RECORD_AUTHOR_REMOVED";

const authors: Vector[] = [
	record("by-stranger", UNKNOWN, "Signed by somebody who is no member", () => ({ by: mallory })),
	record("by-reader", UNKNOWN, "Signed by a reader", () => ({ by: carol })),
	record("by-nobody", UNKNOWN, "The author's key is of small order, and nobody's", () => ({
		author: KEYS.neutral,
		signature: (_, content) => signatureOfNobody(Buffer.from("01".padEnd(64, "0"), "hex"), content),
	})),
	fault(
		"record-by-later-writer",
		UNKNOWN,
		"In an epoch that ended before its author came",
		({ production }) => {
			const before = production.epoch;
			production.begin([]);
			production.add("writer", dave);
			production.set("API_KEY", "the key itself", { by: dave, epoch: before });
			return API_KEY;
		},
	),
	fault(
		"record-by-absent-writer",
		UNKNOWN,
		"In the epoch between its author's removal and return",
		({ production }) => {
			production.begin([bob]);
			const between = production.epoch;
			production.begin([]);
			production.add("writer", bob);
			for (const name of ["GONE", "TOKEN"]) production.records.delete(name);
			production.set("API_KEY", "the key itself", { by: bob, epoch: between });
			return API_KEY;
		},
	),
	fault(
		"record-by-removed-writer",
		REMOVED,
		"By a writer who was removed, in an epoch of his",
		({ production }) => {
			production.begin([bob]);
			production.records.delete("GONE");
			return ["production", "TOKEN"];
		},
	),
	fault(
		"record-backdated",
		REMOVED,
		"Made after the removal, dated back into an epoch whose key he kept",
		({ production }) => {
			const before = production.epoch;
			production.begin([bob]);
			production.records.delete("TOKEN");
			production.set("API_KEY", "the key of bob", { by: bob, epoch: before, version: 9 });
			return API_KEY;
		},
	),
	fault(
		"record-by-removed-in-new-epoch",
		UNKNOWN,
		"By a removed writer, in the epoch that removed him",
		({ production }) => {
			production.begin([bob]);
			production.records.delete("TOKEN");
			production.set("API_KEY", "the key of bob", { by: bob });
			return API_KEY;
		},
	),
	fault(
		"record-by-writer-turned-reader",
		REMOVED,
		"By somebody who came back as a reader",
		({ production }) => {
			production.begin([bob]);
			production.add("reader", bob);
			return ["production", "TOKEN"];
		},
	),
];

/** Vectors of authors. */
export const authorVectors = (): Vector[] => authors;
