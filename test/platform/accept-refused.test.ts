import { describe, expect, test } from "vitest";
import { type Change, emptyHead } from "../../src/protocol/change.ts";
import { APP, codeOf, setup } from "./fixtures/accept.ts";
import { newTestIdentity, TestVault } from "./fixtures/vault.ts";

describe("a change with a forged content or author", () => {
	const stranger = newTestIdentity();
	type Setup = ReturnType<typeof setup>;
	const cases: [string, string, (setup: Setup) => Change][] = [
		[
			"another app's",
			"CHANGE_FORGED",
			({ fold, vault }) => vault.change("other", fold.head, [vault.record("B", 1, "b")]),
		],
		[
			"records that were swapped after signing",
			"CHANGE_FORGED",
			({ fold, vault }) => {
				const records = vault.change(APP, fold.head, [vault.record("C", 1, "c")]).records;
				return { ...vault.change(APP, fold.head, [vault.record("B", 1, "b")]), records };
			},
		],
		[
			"a base that was moved after signing",
			"CHANGE_FORGED",
			({ fold, vault }) => {
				const change = vault.change(APP, emptyHead(fold.context), [vault.record("B", 1, "b")]);
				return { ...change, base: fold.head };
			},
		],
		[
			"a signature with one bit turned",
			"CHANGE_FORGED",
			({ fold, vault }) => {
				const change = vault.change(APP, fold.head, [vault.record("B", 1, "b")]);
				const first = change.signature.startsWith("A") ? "B" : "A";
				return { ...change, signature: first + change.signature.slice(1) };
			},
		],
		[
			"a stranger's",
			"AUTHOR_NOT_A_WRITER",
			({ fold, vault }) => vault.change(APP, fold.head, [vault.record("B", 1, "b")], { by: stranger }),
		],
		[
			"the platform's own, a reader's",
			"AUTHOR_NOT_A_WRITER",
			({ fold, vault, platform }) =>
				vault.change(APP, fold.head, [vault.record("B", 1, "b")], { by: platform }),
		],
		[
			"a record that a reader signed, sent by a writer",
			"RECORD_AUTHOR_UNKNOWN",
			({ fold, vault, platform }) => vault.change(APP, fold.head, [vault.record("B", 1, "b", platform)]),
		],
		[
			"a record under another name",
			"RECORD_FORGED",
			({ fold, vault }) => vault.change(APP, fold.head, [{ ...vault.record("B", 1, "b"), name: "C" }]),
		],
		[
			"a record of another vault",
			"RECORD_EPOCH_UNKNOWN",
			({ fold, vault }) => vault.change(APP, fold.head, [new TestVault(vault.writer).record("B", 1, "b")]),
		],
		[
			"one name twice",
			"RECORD_TWICE",
			({ fold, vault }) =>
				vault.change(APP, fold.head, [vault.record("B", 1, "b"), vault.record("B", 2, "c")]),
		],
		[
			"a name that would switch the sandbox off",
			"NAME_RESERVED",
			({ fold, vault }) =>
				vault.change(APP, fold.head, [vault.record("DENO_PERMISSION_BROKER_PATH", 1, "/tmp/x")]),
		],
		[
			"the version that is stored",
			"RECORD_OUTDATED",
			({ fold, vault }) => vault.change(APP, fold.head, [vault.record("A", 1, "z")]),
		],
		["nothing", "CHANGE_EMPTY", ({ fold, vault }) => vault.change(APP, fold.head, [])],
		[
			"a head that this log never had",
			"LOG_FORKED",
			({ vault }) => vault.change(APP, { revision: 1, head: vault.vaultId }, [vault.record("B", 1, "b")]),
		],
		[
			"a revision that is yet to come",
			"LOG_FORKED",
			({ fold, vault }) => vault.change(APP, { ...fold.head, revision: 9 }, [vault.record("B", 1, "b")]),
		],
	];

	test.each(cases)("%s is refused as %s, and nothing is appended", (_, code, make) => {
		const all = setup();
		all.first();
		expect(codeOf(() => all.accept(make(all)))).toBe(code);
		expect(all.fold.head.revision).toBe(1);
	});
});
