import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag, noWaitFlag } from "../../cli/command.ts";
import { requireTarget } from "../../cli/context/linking.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { type DeployNotes, deployNotes } from "../../cli/deploy/deploy-notes.ts";
import { type DryRun, dryRun, renderDryRun } from "../../cli/deploy/dry-run.ts";
import {
	renderAbsent,
	renderDisabled,
	renderMissing,
	renderWarnings,
} from "../../cli/deploy/missing-secrets.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { PlatformWait } from "../../cli/wait/wait.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { SessionContext } from "../../project/session/session.ts";
import type { DeployedFunction } from "../../protocol/messages.ts";
import { type DeployOutcome, deployFunctions } from "../../sync/deploy/deploy.ts";

interface DeployRequest {
	readonly names: string[];
	readonly prune: boolean;
}

interface DeployResult extends DeployNotes {
	environment: string;
	/** The app on the platform. */
	app: string;
	functions: readonly DeployedFunction[];
	pruned: readonly string[];
	/** Files that may be missing when a function runs. */
	warnings: DeployOutcome["warnings"];
	/** Not deployed, because a configuration file turns them off. */
	disabled: DeployOutcome["disabled"];
}

const SIGNS = { deployed: MARKS.ok, unchanged: MARKS.same, failed: MARKS.failed };

const BASE44_HINT = "Use 'base44 functions deploy'. Coffer has sent the secrets already ('coffer status').";

const INTERRUPTED = {
	message: "The platform may still deploy the functions that it has received.",
	hint: "'coffer functions list' shows the result. You can deploy again: unchanged functions are not restarted.",
};

export default class FunctionsDeploy extends BaseCommand<DeployResult | DryRun> {
	static override summary = "Deploy the project's functions to the linked platform";
	static override description =
		"A function is a file functions/NAME/{index,entry,main}.{ts,js} or functions/NAME.{ts,js}. The name of a function in a nested folder is its path. Functions of a Base44 or Supabase project are found too, and coffer.json can name another folder. Unchanged functions are not restarted. If a function fails to build or to start, its previous version still serves requests. The command lists functions that only the platform has, which --prune deletes, and names that functions read and the vault lacks, with the .env files that contain them.\n\n--dry-run sends nothing. It shows for each function whether it is new, changed or unchanged, which settings would change, what it reads, and errors that this device can find. If the sources or the configuration of a function differ, it is built on this device, to find out whether its bundle differs, too.\n\nExits with 0 if everything is deployed (or would be), with 1 if a function failed (or would fail), with 2 if the command line is wrong or no function can be deployed, and with 3 to 6 as every command.";
	static override examples = [
		"<%= config.bin %> functions deploy",
		"<%= config.bin %> functions deploy api/billing",
		"<%= config.bin %> functions deploy --prune",
		"<%= config.bin %> functions deploy --dry-run",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "names of the functions to deploy; defaults to all" }),
	};
	static override flags = {
		environment: environmentFlag,
		"dry-run": Flags.boolean({ description: "show what would be deployed, and send nothing" }),
		"no-wait": noWaitFlag,
		prune: Flags.boolean({ description: "delete functions that the app has and the project no longer has" }),
	};

	#environmentName = "";
	#waits = true;

	protected async execute(): Promise<DeployResult | DryRun> {
		const { argv, flags } = await this.parse(FunctionsDeploy);
		const names = argv.map(String);
		if (flags.prune && names.length > 0) {
			throw new AppError({
				code: "USAGE",
				message: "--prune cannot be used together with names of functions.",
				hint: "Leave out the names, or delete single functions: coffer functions delete NAME.",
				exit: EXIT.usage,
			});
		}
		this.#waits = !flags["no-wait"];
		const context = await openContext(this.environment, flags.environment);
		this.#environmentName = flags.environment;
		const wish = { names, prune: flags.prune };
		return flags["dry-run"] ? await this.#dryRun(context, wish) : await this.#deploy(context, wish);
	}

	async #dryRun(context: SessionContext, wish: DeployRequest): Promise<DryRun> {
		const { environment: name, root } = context;
		const target = await requireTarget(root, name, BASE44_HINT);
		return await dryRun({ root, name, target }, { ...wish, environment: this.environment });
	}

	async #deploy(context: SessionContext, wish: DeployRequest): Promise<DeployResult> {
		let done = 0;
		const { environment, root } = context;
		const activity = () => `Building and starting functions (${done} done)`;
		using wait = new PlatformWait(this.terminal, environment, activity);
		const target = await requireTarget(root, environment, BASE44_HINT, { signal: wait.signal });
		const onFunction = (result: DeployedFunction) => {
			done++;
			if (!this.terminal.json) this.#show(result);
		};
		const onNode = this.#waits ? wait.onNode : undefined;
		const work = () => deployFunctions(root, target, { ...wish, onFunction, onNode });
		const outcome = await wait.during(work, {
			sentence: "The functions are deployed",
			beforeAccepted: INTERRUPTED,
		});
		const isAll = wish.names.length === 0;
		const place = { root, name: environment, target };
		const notes = await deployNotes(place, outcome.functions, { environment: this.environment, isAll });
		return requireDeployed({ environment, app: target.binding.app, ...outcome, ...notes });
	}

	#show(result: DeployedFunction): void {
		const { terminal } = this;
		terminal.line(`${SIGNS[result.status]} ${result.name}  ${result.status}  ${result.url}`);
		if (result.error !== undefined) terminal.block(result.error, "    ");
	}

	protected render(result: DeployResult | DryRun, terminal: Terminal): void {
		if ("dryRun" in result) {
			renderDryRun(result, this.#environmentName, terminal);
			return;
		}
		renderWarnings(result.warnings, terminal);
		renderDisabled(result.disabled, terminal);
		for (const name of result.pruned) terminal.line(`${MARKS.ok} ${name}  deleted`);
		const deployed = result.functions.filter(({ status }) => status === "deployed").length;
		const unchanged = result.functions.filter(({ status }) => status === "unchanged").length;
		terminal.line(
			`${deployed} deployed, ${unchanged} unchanged, ${result.functions.length - deployed - unchanged} failed (app '${result.app}', ${result.environment})`,
		);
		renderMissing(result, this.#environmentName, terminal);
		renderAbsent(result.absent, this.#environmentName, terminal);
	}
}

/** @throws AppError `DEPLOY_FAILED` (exit 1) with the result as data, if a function failed */
function requireDeployed(result: DeployResult): DeployResult {
	const failed = result.functions.filter(({ status }) => status === "failed");
	if (failed.length === 0) return result;
	throw new AppError({
		code: "DEPLOY_FAILED",
		message: `${count(failed.length, "function")} of ${result.functions.length} failed: ${failed.map(({ name }) => name).join(", ")}.`,
		hint: "Fix the errors that are listed above and deploy again. Where there is a previous version, it still serves requests.",
		exit: EXIT.failure,
		data: result,
	});
}
