/** From a deployment in the store to a process that serves it, with the secrets of this moment. */
import type { SealedRecord } from "../../../vault/records/record.ts";
import { type Deployment, readsOf } from "../../functions/function.ts";
import type { Observations } from "../observations.ts";
import type { ReconcileOptions } from "../reconcile-options.ts";
import type { Started } from "../supervisor-port.ts";
import { openEnvironment } from "./function-environment.ts";
import { bundleMissing } from "./not-found.ts";

/**
 * Starts one version of a function when it is its turn. One that fails and was seen to want a secret that its code did
 * not tell of is tried again with it.
 * @param verified the records whose signature was checked before
 * @param begin called when the secrets are read: what changes later is not in it
 * @throws AppError `BUNDLE_MISSING` (exit 1), and as `Runtime.start` and `openEnvironment`
 */
export async function launch(
	options: ReconcileOptions,
	deployment: Deployment,
	verified: WeakSet<SealedRecord>,
	observations: Observations,
	begin: () => void,
): Promise<Started> {
	for (let wanted = deployment; ; ) {
		try {
			return await launchOnce(options, wanted, verified, observations, begin);
		} catch (error) {
			const complete = observations.withMissedSecrets(wanted);
			if (complete === wanted) throw error;
			wanted = complete;
		}
	}
}

function launchOnce(
	options: ReconcileOptions,
	deployment: Deployment,
	verified: WeakSet<SealedRecord>,
	observations: Observations,
	begin: () => void,
): Promise<Started> {
	const { app, identity, metrics, monotonicMs, capacity, runtime, starts, store } = options;
	return starts.run(async () => {
		const [code, map] = await Promise.all([
			store.getBlob(app.lifetimeId, deployment.bundle),
			store.getBlob(app.lifetimeId, deployment.sourceMap),
		]);
		if (code === undefined || map === undefined) throw bundleMissing(deployment.function);
		const { state } = app;
		const { moment } = state;
		begin();
		const reads = readsOf(deployment);
		const environment = openEnvironment(state, reads, identity, app.local, verified);
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
			sourceMap: Buffer.from(map).toString("utf8"),
			environment,
			settings: deployment.settings,
			onIdle: () => capacity.admitWaiting(),
			onRead: (variable) => observations.note(deployment, variable, environment.has(variable)),
		});
		const instance = await starting.catch((error: unknown) => {
			metrics.started(labels, undefined);
			throw error;
		});
		metrics.started(labels, monotonicMs() - sinceMs);
		return { instance, deployment, moment };
	});
}
