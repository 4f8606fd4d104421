import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptChange } from "../../../src/platform/apps/accept-change.ts";
import { AppFold } from "../../../src/platform/apps/state/app-state.ts";
import { type Change, emptyHead, isAuthenticChange, makeChange } from "../../../src/protocol/change.ts";
import { LIMITS } from "../../../src/vault/syntax/syntax.ts";
import { APP, codeOf, setup } from "../fixtures/accept.ts";
import { ENVIRONMENT, newTestIdentity, TestVault } from "../fixtures/vault.ts";

describe("the first change", () => {
	test("is appended at revision 1, and its head is computed from the hash of the context", () => {
		const { fold, first } = setup();
		const before = fold.head;
		expect(before).toEqual(emptyHead(fold.context));
		const head = first();
		expect(head.revision).toBe(1);
		expect(head.head).not.toBe(before.head);
		expect(fold.records.get("A")?.version).toBe(1);
	});

	test("must contain the header", () => {
		const { accept, fold, vault } = setup();
		const change = vault.change(APP, fold.head, [vault.record("A", 1, "a")]);
		expect(codeOf(() => accept(change))).toBe("HEADER_REQUIRED");
	});

	test("is refused if the platform is not a member", () => {
		const { fold, platform } = setup();
		const other = new TestVault();
		const context = new AppFold(other.context(APP));
		const change = other.change(APP, context.head, [], { header: other.header });
		expect(codeOf(() => acceptChange(context, change, platform))).toBe("PLATFORM_NOT_A_MEMBER");
		expect(fold.head.revision).toBe(0);
	});

	test("is refused if the key that it wraps for the platform is not the key of the environment", () => {
		const platform = newTestIdentity();
		const box = newTestIdentity().publicKeys.box;
		const vault = new TestVault().add(
			{ ...platform, publicKeys: { ...platform.publicKeys, box } },
			"reader",
			"p",
		);
		const fold = new AppFold(vault.context(APP));
		const change = vault.change(APP, fold.head, [], { header: vault.header });
		expect(codeOf(() => acceptChange(fold, change, platform))).toBe("VAULT_KEY_WRONG");
	});

	test("is refused with the header of another vault", () => {
		const { accept, fold, platform, vault } = setup();
		const other = new TestVault(vault.writer).add(platform, "reader", "platform");
		const content = { header: other.header, records: [] };
		const change = makeChange(fold.context, fold.head, content, vault.writer);
		expect(codeOf(() => accept(change))).toBe("VAULT_ID_MISMATCH");
	});
});

describe("a later header", () => {
	test("continues the stored chains", () => {
		const { append, first, fold, vault } = setup();
		first();
		const bob = newTestIdentity();
		vault.add(bob, "writer", "bob");
		append(vault.change(APP, fold.head, [], { header: vault.header }));
		expect(fold.header?.environment.members.get(bob.publicKeys.sign)?.role).toBe("writer");
		append(vault.change(APP, fold.head, [vault.record("B", 1, "b", bob)], { by: bob }));
		expect(fold.head.revision).toBe(3);
	});

	test("is refused if a link is missing", () => {
		const { accept, first, fold, vault } = setup();
		first();
		const environment = vault.header.environment.slice(0, -1);
		const change = vault.change(APP, fold.head, [], { header: { ...vault.header, environment } });
		expect(codeOf(() => accept(change))).toBe("HEADER_DIVERGED");
	});

	test("is refused if the chain forks", () => {
		const { accept, append, first, fold, vault } = setup();
		first();
		const before = vault.document;
		vault.add(newTestIdentity(), "reader", "ci");
		append(vault.change(APP, fold.head, [], { header: vault.header }));
		vault.document = before;
		vault.add(newTestIdentity(), "reader", "intruder");
		const change = vault.change(APP, fold.head, [], { header: vault.header });
		expect(codeOf(() => accept(change))).toBe("HEADER_DIVERGED");
	});
});

describe("a change that builds on an older revision", () => {
	test("is appended if the newer changes set other names", () => {
		const { append, first, fold, vault } = setup();
		const base = first();
		append(vault.change(APP, base, [vault.record("B", 1, "b")]));
		append(vault.change(APP, base, [vault.record("C", 1, "c")]));
		expect(fold.head.revision).toBe(3);
	});

	test("is stale if a newer change set the same name", () => {
		const { accept, append, first, vault } = setup();
		const base = first();
		append(vault.change(APP, base, [vault.record("A", 2, "x")]));
		expect(accept(vault.change(APP, base, [vault.record("A", 2, "y")]))).toEqual({ stale: 1 });
	});

	test("is stale if the membership changed on either side", () => {
		const { accept, append, first, fold, vault } = setup();
		const base = first();
		const record = vault.record("B", 1, "b");
		vault.add(newTestIdentity(), "reader", "ci");
		append(vault.change(APP, base, [], { header: vault.header }));
		expect(accept(vault.change(APP, base, [record]))).toEqual({ stale: 1 });
		const now = fold.head;
		append(vault.change(APP, now, [record]));
		vault.add(newTestIdentity(), "reader", "ci2");
		expect(accept(vault.change(APP, now, [], { header: vault.header }))).toEqual({ stale: 2 });
	});
});

describe("a change that is sent again", () => {
	test("always gets the answer of the first change, before any other check", () => {
		const { accept, append, first, fold, vault } = setup();
		const base = first();
		const change = vault.change(APP, base, [vault.record("A", 2, "x")]);
		const head = append(change);
		append(vault.change(APP, fold.head, [vault.record("A", 3, "y")]));
		expect(accept(change)).toEqual({ duplicate: head });
		const again = makeChange(
			fold.context,
			fold.head,
			{ header: null, records: change.records },
			vault.writer,
		);
		expect(again.operation).toBe(change.operation);
		expect(accept(again)).toEqual({ duplicate: head });
	});
});

test("a change is refused if the environment would have too many names", () => {
	const { accept, first, fold, vault } = setup();
	first();
	const filler = vault.record("FILLER", 1, "x");
	for (let index = fold.records.size; index < LIMITS.recordsPerEnvironment; index++) {
		fold.records.set(`F${index}`, { ...filler, name: `F${index}` });
	}
	expect(codeOf(() => accept(vault.change(APP, fold.head, [vault.record("ONE_MORE", 1, "x")])))).toBe(
		"TOO_MANY_SECRETS",
	);
	expect(codeOf(() => accept(vault.change(APP, fold.head, [vault.record("A", 2, "x")])))).toBe("accepted");
});

test("a change is appended exactly if nobody else changed its names, and revisions have no gaps", () => {
	const names = ["A", "B", "C", "D"];
	const step = fc.record({ name: fc.constantFrom(...names), lag: fc.nat(3), isDeleted: fc.boolean() });
	fc.assert(
		fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
			const { accept, append, first, fold, vault } = setup();
			first();
			const entries: Change[] = [];
			for (const { name, lag, isDeleted } of steps) {
				const revision = Math.max(0, fold.head.revision - lag);
				const base = { revision, head: fold.heads[revision] ?? "" };
				const version = (fold.records.get(name)?.version ?? 0) + 1;
				const change = vault.change(APP, base, [vault.record(name, version, isDeleted ? undefined : "v")]);
				const touched = fold.summaries.slice(revision);
				const isStale = touched.some((entry) => entry.header || entry.names.includes(name));
				const decision = accept(change);
				expect("stale" in decision).toBe(isStale);
				if (isStale) continue;
				append(change);
				entries.push(change);
			}
			expect(fold.head.revision).toBe(1 + entries.length);
			expect(new Set(fold.heads).size).toBe(fold.heads.length);
			for (const change of entries) expect(isAuthenticChange(fold.context, change)).toBe(true);
			expect(fold.context.environment).toBe(ENVIRONMENT);
		}),
		{ numRuns: 25 },
	);
});
