/** Starts a process for a deployment in the store, with the current secrets. */
import type { SealedRecord } from "../../../vault/records/record.ts";
import { type Deployment, filesOf, readsOf } from "../../functions/function.ts";
import type { Store } from "../../store/store.ts";
import { type Observations, startedAgainMessage } from "../observations.ts";
import type { ReconcileOptions } from "../reconcile-options.ts";
import type { Started } from "../supervisor-port.ts";
import { environmentDigest, openEnvironment } from "./function-environment.ts";
import { noteOf } from "./launch-note.ts";
import { withMissingSecrets } from "./missing-secrets.ts";
import { bundleMissing } from "./not-found.ts";

/** The most replacements of a ready process before it serves. */
const REPLACEMENTS_MAX = 10;

export interface LaunchParts {
	/** The records whose signatures are verified. */
	readonly verified: WeakSet<SealedRecord>;
	readonly observations: Observations;
	/** Called when the secrets are read; the process does not get later changes. */
	readonly begin: () => void;
	/** Ends the start, and its process. */
	readonly signal: AbortSignal;
	/** The records whose values the process gets if the function may read them. */
	readonly records: () => ReadonlyMap<string, SealedRecord>;
}

/**
 * Starts a version of a function when the limit of concurrent starts permits it. If the process reads a secret during
 * its start that the analysis did not find, another process is started with that secret, whether the start failed or
 * not. If only that one fails, the previous process serves.
 * @throws AppError `BUNDLE_MISSING` (exit 1), and the errors of `Runtime.start` and `openEnvironment`
 */
export async function launch(
	options: ReconcileOptions,
	deployment: Deployment,
	parts: LaunchParts,
): Promise<Started> {
	const { observations } = parts;
	let serving: Started | undefined;
	/** The secrets that the previous process did not have. */
	let added: readonly string[] = [];
	for (let wanted = deployment, count = 1; ; count++) {
		const missed = new Set<string>();
		const onRead = (variable: string, wasGiven: boolean) => {
			if (!wasGiven) missed.add(variable);
			observations.note(wanted, variable, wasGiven);
		};
		let failure: { readonly error: unknown } | undefined;
		try {
			const started = await launchOnce(options, wanted, { ...parts, onRead });
			void serving?.instance.stop({ graceMs: 0 });
			serving = started;
			// The process has no request yet, so its reads until now are those of its start.
			await started.instance.probation?.settleReads();
		} catch (error) {
			failure = { error };
		}
		// Tells the process that it has these names now. Otherwise they would still count as missed.
		for (const name of added) observations.note(wanted, name, failure === undefined);
		const complete = observations.withMissedSecrets(wanted, missed);
		if (complete === wanted || parts.signal.aborted || (serving !== undefined && count > REPLACEMENTS_MAX)) {
			if (serving === undefined) throw failure?.error;
			return serving;
		}
		added = complete.references.slice(wanted.references.length).map(({ name }) => name);
		if (failure === undefined) for (const name of added) serving?.instance.log(startedAgainMessage(name));
		wanted = complete;
	}
}

interface LaunchOnce extends LaunchParts {
	/** Called once with each variable that the process reads. @param wasGiven whether the process has it */
	readonly onRead: (variable: string, wasGiven: boolean) => void;
}

function launchOnce(
	options: ReconcileOptions,
	deployment: Deployment,
	{ verified, begin, onRead, records: recordsOf, signal }: LaunchOnce,
): Promise<Started> {
	const { app, bundles, identity, metrics, monotonicMs, capacity, rollouts, runtime, starts, store } =
		options;
	return starts.run(async () => {
		const { code, map } = await bundles.read(app, deployment);
		const { state } = app;
		const { moment } = state;
		begin();
		const reads = readsOf(deployment);
		const secrets = { header: state.header, local: state.local, records: recordsOf() };
		const environment = openEnvironment(secrets, reads, identity, app.local, verified);
		const digest = rollouts && environmentDigest(secrets, reads);
		const values = digest === undefined ? undefined : { revision: state.head.revision, digest };
		const { function: name, id } = deployment;
		const labels = { app: app.id, function: name };
		const lifetime = app.functionLifetime(name) ?? { app: app.lifetimeId, function: id };
		const sinceMs = monotonicMs();
		const starting = runtime.start({
			app: app.id,
			function: name,
			deployment: id,
			lifetime,
			code,
			files: { list: filesOf(deployment), read: (hash) => readFile(hash, store, app.lifetimeId, name) },
			sourceMap: map,
			environment,
			settings: deployment.settings,
			note: noteOf({ moment, values }),
			signal,
			onIdle: () => capacity.admitWaiting(),
			onRead: (variable) => onRead(variable, environment.has(variable)),
		});
		const instance = await starting.catch((error: unknown) => {
			metrics.started(labels, undefined);
			throw withMissingSecrets(error, name, reads, state);
		});
		metrics.started(labels, monotonicMs() - sinceMs);
		return { instance, deployment, moment, values };
	});
}

/** @throws AppError `BUNDLE_MISSING` (exit 1) */
async function readFile(hash: string, store: Store, owner: string, name: string): Promise<Uint8Array> {
	const content = await store.getBlob(owner, hash);
	if (content === undefined) throw bundleMissing(name);
	return content;
}
