import { describe, expect, test } from "vitest";
import { acceptChange } from "../../../../src/platform/apps/accept-change.ts";
import { LocalEnvironment } from "../../../../src/platform/apps/local-environment.ts";
import { AppFold } from "../../../../src/platform/apps/state/app-state.ts";
import { openEnvironment } from "../../../../src/platform/redeploy/starts/function-environment.ts";
import type { Reads } from "../../../../src/references/evidence/reference.ts";
import type { SealedRecord } from "../../../../src/vault/records/record.ts";
import { newTestIdentity, TestVault } from "../../fixtures/vault.ts";

const platform = newTestIdentity();
const vault = new TestVault().add(platform, "reader", "platform");

function stateOf(...records: SealedRecord[]): AppFold {
	const fold = new AppFold(vault.context("shop"));
	const change = vault.change("shop", fold.head, records, { header: vault.header });
	const decision = acceptChange(fold, change, platform);
	if (!("entry" in decision)) throw new Error("Not accepted.");
	fold.applyAccepted(decision.entry, decision.header, decision.records);
	return fold;
}

function reads(...names: string[]): Reads {
	const references = names.map((name) => ({ name, file: "a.ts", line: 1, how: "static" as const }));
	return { references, dynamic: [] };
}

const ALL: Reads = { references: [], dynamic: [{ file: "a.ts", line: 1, why: "name from a parameter" }] };

function opened(state: AppFold, which: Reads, by = platform): Record<string, string> {
	return Object.fromEntries(
		openEnvironment(
			state,
			which,
			by,
			new LocalEnvironment("shop", { id: "0".repeat(32), isEarlier: false }, platform),
			new WeakSet(),
		),
	);
}

describe("a function's environment", () => {
	const state = stateOf(
		vault.record("A", 1, "a"),
		vault.record("B", 1, ""),
		vault.record("GONE", 1, undefined),
		vault.record("UNICODE", 1, "zażółć 🔑\n"),
	);

	test("contains the secrets that the function reads, and no deleted or unknown names", () => {
		expect(opened(state, reads("A", "B", "GONE", "NEVER"))).toEqual({ A: "a", B: "" });
		expect(opened(state, reads())).toEqual({});
	});

	test("contains the secrets with a prefix that the function's code uses", () => {
		expect(opened(state, reads("U*", "GO*"))).toEqual({ UNICODE: "zażółć 🔑\n" });
	});

	test("contains every live secret if the function may read any", () => {
		expect(opened(state, ALL)).toEqual({ A: "a", B: "", UNICODE: "zażółć 🔑\n" });
	});

	test("is empty before the first change", () => {
		expect(opened(new AppFold(vault.context("shop")), ALL)).toEqual({});
	});

	test("cannot be decrypted with another identity", () => {
		expect(() => opened(state, ALL, newTestIdentity())).toThrow(
			expect.objectContaining({ code: "NOT_A_MEMBER" }),
		);
	});

	test("is refused if a stored record differs from the signed one, even if it can be decrypted", () => {
		const forged = stateOf(vault.record("A", 1, "a"));
		// The platform's own key encrypts it. That key may not sign records of the vault.
		forged.records.set("A", vault.record("A", 2, "planted", platform));
		expect(() => opened(forged, reads("A"))).toThrow(
			expect.objectContaining({ code: "RECORD_AUTHOR_UNKNOWN" }),
		);
		const moved = stateOf(vault.record("A", 1, "a"), vault.record("B", 1, "b"));
		moved.records.set("A", { ...vault.record("B", 1, "b"), name: "A" });
		expect(() => opened(moved, reads("A"))).toThrow(expect.objectContaining({ code: "RECORD_FORGED" }));
	});
});
