/** Records of authors who are not writers, or were not writers at that time. */
import { bob, carol, dave, mallory } from "../primitives.ts";
import type { Vector } from "../vector.ts";
import { fault } from "./case.ts";
import { API_KEY, record } from "./record-case.ts";
import { KEYS, signatureOfNobody } from "./signatures.ts";

const UNKNOWN = "RECORD_AUTHOR_UNKNOWN";
const REMOVED = "RECORD_AUTHOR_REMOVED";

const authors: Vector[] = [
	record("by-stranger", UNKNOWN, "Signed by somebody who is not a member", () => ({ by: mallory })),
	record("by-reader", UNKNOWN, "Signed by a reader", () => ({ by: carol })),
	record("by-nobody", UNKNOWN, "The author's key is of small order and belongs to nobody", () => ({
		author: KEYS.neutral,
		signature: (_, content) => signatureOfNobody(Buffer.from("01".padEnd(64, "0"), "hex"), content),
	})),
	fault(
		"record-by-later-writer",
		UNKNOWN,
		"A record in an epoch that ended before its author was added",
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
		"A record in the epoch between its author's removal and return",
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
		"A record by a removed writer, in an epoch in which he was a member",
		({ production }) => {
			production.begin([bob]);
			production.records.delete("GONE");
			return ["production", "TOKEN"];
		},
	),
	fault(
		"record-backdated",
		REMOVED,
		"Made after the author's removal, with an earlier epoch whose key he still has",
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
		"A record by a removed writer, in the epoch that removed him",
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
		"A record by a former writer who was added again as a reader",
		({ production }) => {
			production.begin([bob]);
			production.add("reader", bob);
			return ["production", "TOKEN"];
		},
	),
];

/** Vectors of authors. */
export const authorVectors = (): Vector[] => authors;
