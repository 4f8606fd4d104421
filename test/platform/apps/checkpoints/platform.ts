/** The apps of a platform on a real SQLite store, opened with or without checkpoints. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Identity } from "../../../../src/identity/identity.ts";
import type { App } from "../../../../src/platform/apps/app.ts";
import { Apps } from "../../../../src/platform/apps/apps.ts";
import { AppCheckpoints } from "../../../../src/platform/apps/checkpoints/app-checkpoints.ts";
import { setLocal } from "../../../../src/platform/apps/local-secrets.ts";
import type { AppFold, AppState } from "../../../../src/platform/apps/state/app-state.ts";
import type { AppEvent } from "../../../../src/platform/events/events.ts";
import { openStore } from "../../../../src/platform/store/open.ts";
import { SealedStore } from "../../../../src/platform/store/sealed/sealed-store.ts";
import type { Store } from "../../../../src/platform/store/store.ts";
import type { Change } from "../../../../src/protocol/change.ts";
import { ENVIRONMENT, newTestIdentity, TestVault } from "../../fixtures/vault.ts";

export const APP = "shop";
/** The time of everything. */
const atMs = 1_000;

export interface OpenPlatform extends AsyncDisposable {
	readonly raw: Store;
	readonly store: SealedStore;
	readonly apps: Apps;
	readonly app: App;
	readonly checkpoints: AppCheckpoints;
	/** Why checkpoints were not used. */
	readonly unused: string[];
	/** How many entries of the app's streams were read since it was opened, that included. */
	readonly entriesRead: () => number;
}

/** A store's calls of `read`, counted by the entries that they return. */
function counting(store: Store): () => number {
	let count = 0;
	const read = store.read.bind(store);
	store.read = async (stream, after, limit) => {
		const entries = await read(stream, after, limit);
		if (stream.startsWith(`apps/${APP}/`)) count += entries.length;
		return entries;
	};
	return () => count;
}

export class Place implements Disposable {
	readonly folder = mkdtempSync(join(tmpdir(), "coffer-checkpoints-"));
	readonly identity: Identity = newTestIdentity();
	readonly vault = new TestVault().add(this.identity, "reader", "platform");

	get database(): string {
		return join(this.folder, "store.db");
	}

	/** Opens the apps, and creates the app if there is none. @param uses whether checkpoints are used */
	async open(uses = true, { identity = this.identity, isShared = false } = {}): Promise<OpenPlatform> {
		const raw = await openStore(`sqlite:${this.folder}`);
		try {
			return await this.openOn(raw, uses, { identity, isShared });
		} catch (error) {
			await raw[Symbol.asyncDispose]();
			throw error;
		}
	}

	/** The same on another store, which is closed with the apps. */
	async openOn(
		raw: Store,
		uses = true,
		{ identity = this.identity, isShared = false } = {},
	): Promise<OpenPlatform> {
		const entriesRead = counting(raw);
		const store = await SealedStore.open(raw, identity.stateKey);
		const unused: string[] = [];
		const checkpoints = new AppCheckpoints({ store, onUnused: (_, reason) => unused.push(reason) });
		const options = { store, identity, now: () => atMs, isShared };
		const apps = await Apps.open({ ...options, ...(uses && { checkpoints }) });
		const bound = { vaultId: this.vault.vaultId, environment: ENVIRONMENT };
		const { app } = await apps.create(APP, bound);
		const close = async () => await raw[Symbol.asyncDispose]();
		return { ...{ raw, store, apps, app, checkpoints, unused, entriesRead }, [Symbol.asyncDispose]: close };
	}

	/** A change that sets a secret to its next version. @param base by default, the app's head */
	change(app: App, name: string, isDeleted = false, base = app.state.head): Change {
		const version = 1 + (app.state.records.get(name)?.version ?? 0);
		const record = this.vault.record(name, version, isDeleted ? undefined : `value ${version}`);
		const header = base.revision === 0 ? this.vault.header : null;
		return this.vault.change(app.id, base, [record], { header });
	}

	[Symbol.dispose](): void {
		rmSync(this.folder, { recursive: true });
	}
}

function deployment(name: string, id: string) {
	return {
		...{ id, function: name, bundle: `bundle ${id}`, sourceMap: "m", source: "s" },
		references: [{ name: "A", file: "index.ts", line: 1, how: "static" as const }],
		dynamic: [],
		automations: [{ name: "nightly", type: "scheduled", schedule_mode: "recurring" }],
	};
}

/** What can happen to an app. */
export const KINDS = [
	"set",
	"delete",
	"unfinished",
	"deployed",
	"deploy-failed",
	"observed",
	"removed",
	"local",
	"late",
] as const;
export type Kind = (typeof KINDS)[number];

function eventOf(kind: Kind, name: string, id: string, state: AppState): AppEvent | undefined {
	// As several nodes do, which know from it what they have rolled out.
	const values = (state as AppFold).isShared && { values: state.head.revision };
	if (kind === "deployed") return { type: kind, deployment: deployment(name, id), ...values, atMs };
	if (kind === "deploy-failed") return { type: kind, deployment: deployment(name, id), error: "why", atMs };
	if (kind === "removed") return { type: "deleted", functions: [name], atMs };
	const references = [{ name: "SEEN", file: "index.ts", line: 2, how: "observed" as const }];
	if (kind === "observed")
		return { type: kind, function: name, deployment: id, seen: ["SEEN"], references, atMs };
	return undefined;
}

/** Lets something happen to the app. `name` is a secret or a function. */
export async function happen(place: Place, app: App, kind: Kind, name: string, id: string): Promise<void> {
	const event = eventOf(kind, name, id, app.state);
	if (event !== undefined) return await app.record(() => event);
	if (kind === "local")
		return void (await setLocal(app, new Map([[`LOCAL_${name}`, id]]), { id: "t", atMs }));
	const { head, heads } = app.state;
	// A client that is some entries behind. It may be too far behind, and then nothing is appended.
	const revision = kind === "late" ? Math.max(1, head.revision - 3) : head.revision;
	const base = { revision, head: heads[revision] ?? "" };
	const change = place.change(app, name, kind === "delete", head.revision === 0 ? head : base);
	const outcome = await app.append(change);
	if (!("accepted" in outcome) || kind === "unfinished") return;
	const { operation } = change;
	const results = [{ function: "f", status: "live" as const, ms: 1, reasons: [] }];
	await app.record(() => ({ type: "redeployed", operation, results, untouched: ["g"], atMs }));
}

/** An app's state as plain values, to compare. */
export function plain(state: AppState): object {
	const { changedAt, functions, header, operations, records, local, ...rest } = state as AppFold;
	const { all } = rest.superseded;
	return {
		...{ context: rest.context, head: rest.head, heads: [...rest.heads], moment: rest.moment },
		...{ summaries: [...rest.summaries], finished: rest.finished, isShared: rest.isShared },
		superseded: all,
		unfinished: [...rest.unfinished].sort(),
		changedAt,
		...{ functions, operations, records, local },
		header: header && { text: header.text, root: header.root, environment: header.environment },
	};
}
