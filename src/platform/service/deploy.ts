/**
 * Deploying: uploaded files in, built functions that run out. What is the same as what runs is left alone.
 */
import { AppError, EXIT } from "../../errors.ts";
import { UPLOAD_BYTES_MAX } from "../../modules/limits.ts";
import type { DeployedFunction } from "../../protocol/messages.ts";
import { Matcher } from "../../references/evidence/name-pattern.ts";
import type { Reference, References } from "../../references/evidence/reference.ts";
import { keptSources } from "../apps/kept-sources.ts";
import type { Builder, Bundle } from "../build/bundle.ts";
import { checkFailed } from "../build/check/check-process.ts";
import type { CheckedFunction, PreparedBuild } from "../build/check/checker.ts";
import { checkUpload, type Upload, type UploadedFile } from "../build/upload.ts";
import type { Maxima } from "../configuration/config.ts";
import { describeError, type Log } from "../faults/log.ts";
import {
	type Deployment,
	deploymentId,
	type FunctionSource,
	isSame,
	type KeptSources,
} from "../functions/function.ts";
import { Limiter } from "../machine/mutex.ts";
import type { AppFunctions } from "../redeploy/reconcile.ts";
import type { Store } from "../store/store.ts";

export interface DeployerOptions {
	readonly store: Store;
	readonly builder: Builder;
	/** Finds what a bundle reads. */
	readonly analyze: (bundle: Bundle) => References | Promise<References>;
	/** How many builds there may be at once. */
	readonly buildsMax: number;
	/** What a `function.jsonc` may ask for at most. */
	readonly maxima: Maxima;
	readonly log: Log;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

/** What is to be deployed. */
export interface DeployRequest {
	/** Path and hash of each file. */
	readonly files: readonly (readonly [path: string, hash: string])[];
	readonly functions: readonly FunctionSource[];
	/** Whether functions that are not named are deleted. */
	readonly prune: boolean;
}

export type DeployOutcome =
	/** Nothing was done: these blobs must be sent first. */
	{ readonly missing: readonly string[] } | { readonly pruned: readonly string[] };

export class Deployer {
	readonly #options: DeployerOptions;
	readonly #builds: Limiter;

	constructor(options: DeployerOptions) {
		this.#options = options;
		this.#builds = new Limiter(options.buildsMax);
	}

	/** As the builder's. */
	get conditions(): readonly string[] {
		return this.#options.builder.conditions;
	}

	/**
	 * Builds and starts what an upload names.
	 * @param onFunction called as each function is done
	 * @throws AppError exit 2 where the upload is not allowed; what is wrong with one function is in its result
	 */
	deploy(
		functions: AppFunctions,
		request: DeployRequest,
		onFunction: (result: Omit<DeployedFunction, "url">) => void,
	): Promise<DeployOutcome> {
		return functions.blobs.during(() => this.#deploy(functions, request, onFunction));
	}

	async #deploy(
		functions: AppFunctions,
		request: DeployRequest,
		onFunction: (result: Omit<DeployedFunction, "url">) => void,
	): Promise<DeployOutcome> {
		const hashes = [...new Set(request.files.map(([, hash]) => hash))];
		const owner = functions.app.lifetimeId;
		const missing = await this.#options.store.missingBlobs(owner, hashes);
		if (missing.length > 0) return { missing };
		const { builder, log, maxima } = this.#options;
		const upload = await this.#load(owner, request);
		const { functions: checked, parses } = await builder.prepare(upload, maxima);
		log.info({ files: upload.files.size, functions: checked.size, parses }, "an upload was checked");
		const hashOf = new Map(request.files);
		await Promise.all(
			upload.functions.map(async (source) =>
				onFunction(await this.#deployOne(functions, checked.get(source.name), hashOf, source)),
			),
		);
		return { pruned: request.prune ? await prune(functions, upload) : [] };
	}

	/** Each blob is read once, and no more of them than an upload may hold. */
	async #load(owner: string, { files, functions }: DeployRequest): Promise<Upload> {
		const contents = new Map<string, Uint8Array>();
		const uploaded: UploadedFile[] = [];
		let bytes = 0;
		for (const [path, hash] of files) {
			const content = contents.get(hash) ?? (await this.#options.store.getBlob(owner, hash));
			if (content === undefined) throw blobGone();
			contents.set(hash, content);
			uploaded.push({ path, content });
			bytes += content.length;
			// `checkUpload` says so.
			if (bytes > UPLOAD_BYTES_MAX) break;
		}
		return checkUpload(uploaded, functions);
	}

	async #deployOne(
		functions: AppFunctions,
		prepared: CheckedFunction | AppError | undefined,
		hashOf: ReadonlyMap<string, string>,
		source: FunctionSource,
	): Promise<Omit<DeployedFunction, "url">> {
		const { name } = source;
		try {
			if (prepared === undefined || prepared instanceof AppError) throw prepared ?? checkFailed();
			const said = { ...prepared.said, sources: keptSources(source, prepared, hashOf) };
			const present = presentDeployment(functions, name);
			if (present?.source !== prepared.source) {
				return await this.#buildAndStart(functions, name, prepared, said);
			}
			const { settings, declared, sources, automations } = said;
			if (isSame(present.settings, settings)) return await recordBeside(functions, present, said);
			// The bundle is that of before, and so is what it reads.
			const references = [...present.references.filter(({ how }) => how !== "declared"), ...declared];
			return await this.#start(functions, { ...present, settings, references, sources, automations });
		} catch (error) {
			if (error instanceof AppError)
				return { name, status: "failed", error: `${error.message} ${error.hint}` };
			this.#options.log.error({ function: name, ...describeError(error) }, "a deployment failed");
			return { name, status: "failed", error: "The platform failed to deploy it; its log says more." };
		}
	}

	async #buildAndStart(
		functions: AppFunctions,
		name: string,
		prepared: PreparedBuild,
		{ settings, declared, sources, automations }: Said,
	): Promise<Omit<DeployedFunction, "url">> {
		const { analyze, builder, store } = this.#options;
		const built = await this.#builds.run(async () => {
			const bundle = await builder.build(prepared);
			return { bundle, references: await analyze(bundle) };
		});
		const { source } = prepared;
		const { lifetimeId: owner } = functions.app;
		const sourceMap = await store.putBlob(owner, built.bundle.sourceMapBytes);
		const present = presentDeployment(functions, name);
		const { dynamic } = built.references;
		const told = [...built.references.references, ...declared];
		const references = [...told, ...observedOf(functions, name, told)];
		if (present?.bundle === built.bundle.hash && isSame(present.settings, settings)) {
			// The next upload of these sources need not be built; the process is that of before.
			await functions.recordSame({
				...present,
				source,
				sourceMap,
				references,
				dynamic,
				sources,
				automations,
			});
			const isScheduled = isSame(present.automations, automations);
			return { name, status: isScheduled ? "unchanged" : "deployed" };
		}
		const bundle = await store.putBlob(owner, built.bundle.code);
		return await this.#start(functions, {
			function: name,
			bundle,
			sourceMap,
			source,
			references,
			dynamic,
			settings,
			sources,
			automations,
		});
	}

	async #start(
		functions: AppFunctions,
		built: Omit<Deployment, "id">,
	): Promise<Omit<DeployedFunction, "url">> {
		const name = built.function;
		const { status, error } = await functions.deploy({ ...built, id: deploymentId(this.#options.now()) });
		return status === "failed" ? { name, status, error: error ?? "" } : { name, status: "deployed" };
	}
}

/** The function's present deployment, unless it fails. */
function presentDeployment(functions: AppFunctions, name: string): Deployment | undefined {
	const present = functions.app.state.functions.get(name);
	if (present === undefined || present.error !== undefined) return undefined;
	const slot = functions.find(name);
	const runs = slot !== undefined && slot.state !== "failed" && slot.error === undefined;
	return runs ? present.deployment : undefined;
}

/** What a function's files say besides its code, and which they are. */
type Said = CheckedFunction["said"] & { readonly sources: KeptSources };

/** Notes what can change without a new process: what starts the function, and the files to be given back. */
async function recordBeside(
	functions: AppFunctions,
	present: Deployment,
	{ automations, sources }: Said,
): Promise<Omit<DeployedFunction, "url">> {
	const { function: name } = present;
	const isScheduled = isSame(present.automations, automations);
	if (!isScheduled || !isSame(present.sources, sources))
		await functions.recordSame({ ...present, sources, automations });
	return { name, status: isScheduled ? "unchanged" : "deployed" };
}

/** What the versions before were seen to read and the next one does not tell of: it may read that too. */
function observedOf(functions: AppFunctions, name: string, told: readonly Reference[]): Reference[] {
	const before = functions.app.state.functions.get(name)?.deployment.references ?? [];
	const known = new Matcher(told.map((reference) => reference.name));
	return before.filter((one) => one.how === "observed" && known.exactness(one.name) === undefined);
}

/** Deletes the functions that the upload does not name. */
async function prune(functions: AppFunctions, upload: Upload): Promise<string[]> {
	const named = new Set(upload.functions.map(({ name }) => name));
	const others = [...functions.app.state.functions.keys()].filter((name) => !named.has(name)).sort();
	await functions.delete(others);
	return others;
}

function blobGone(): AppError {
	return new AppError({
		code: "BLOB_GONE",
		message: "A file of the upload vanished from the store while it was being deployed.",
		hint: "Deploy again.",
		exit: EXIT.conflict,
	});
}
