import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { requireTarget } from "../../cli/context/linking.ts";
import { openContext } from "../../cli/context/open-project.ts";
import { type DeployNotes, deployNotes } from "../../cli/deploy/after.ts";
import { type DryRun, dryRun, renderDryRun } from "../../cli/deploy/dry-run.ts";
import { renderAbsent, renderUnset } from "../../cli/deploy/unset.ts";
import { count, MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { PlatformWait } from "../../cli/wait/wait.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { SessionContext } from "../../project/session/session.ts";
import type { DeployedFunction } from "../../protocol/messages.ts";
import { deployFunctions } from "../../sync/deploy/deploy.ts";

interface Wish {
	readonly names: string[];
	readonly prune: boolean;
}

interface DeployResult extends DeployNotes {
	environment: string;
	/** The app on the platform. */
	app: string;
	functions: readonly DeployedFunction[];
	pruned: readonly string[];
}

const SIGNS = { deployed: MARKS.ok, unchanged: MARKS.same, failed: MARKS.failed };

const BASE44_HINT = "Use 'base44 functions deploy'; the secrets are there already ('coffer status').";

const CUT_SHORT = {
	message: "The platform may go on with what it has taken in: each function stands for itself.",
	hint: "'coffer functions list' shows what became of it; to deploy again does nothing twice.",
};

export default class FunctionsDeploy extends BaseCommand<DeployResult | DryRun> {
	static override summary = "Deploy the project's functions to the linked platform";
	static override description =
		"Functions are functions/NAME/{index,entry,main}.{ts,js}, or functions/NAME.{ts,js}; a nested folder's name is its path. Unchanged ones are not restarted. One that fails to build or to start leaves the version before it serving. Functions of the platform that the project does not have are named and stay, unless --prune deletes them; so are names that functions read and the vault lacks.\n\n--dry-run sends nothing: it says of each function whether it is new, changed or unchanged (one whose sources or configuration differ is built here, to see whether its bundle does), which settings would change, what it reads, and what would fail as far as that can be told here.\n\nExits 0 when all is deployed (or would be), 1 when a function failed (or would), 2 for a fault of the command line or when no function can be deployed at all, 3 to 6 as every command.";
	static override examples = [
		"<%= config.bin %> functions deploy",
		"<%= config.bin %> functions deploy api/billing",
		"<%= config.bin %> functions deploy --prune",
		"<%= config.bin %> functions deploy --dry-run",
	];
	static override strict = false;
	static override args = {
		names: Args.string({ name: "NAME...", description: "functions to deploy; all by default" }),
	};
	static override flags = {
		environment: environmentFlag,
		"dry-run": Flags.boolean({ description: "say what would be done, and do nothing" }),
		prune: Flags.boolean({ description: "delete the app's functions that the project no longer has" }),
	};

	#environmentName = "";

	protected async execute(): Promise<DeployResult | DryRun> {
		const { argv, flags } = await this.parse(FunctionsDeploy);
		const names = argv.map(String);
		if (flags.prune && names.length > 0) {
			throw new AppError({
				code: "USAGE",
				message: "--prune goes with a deployment of all functions, not of named ones.",
				hint: "Leave the names out, or delete: coffer functions delete NAME.",
				exit: EXIT.usage,
			});
		}
		const context = await openContext(this.environment, flags.environment);
		this.#environmentName = flags.environment;
		const wish = { names, prune: flags.prune };
		return flags["dry-run"] ? await this.#dryRun(context, wish) : await this.#deploy(context, wish);
	}

	async #dryRun(context: SessionContext, wish: Wish): Promise<DryRun> {
		const { environment: name, root } = context;
		const target = await requireTarget(root, name, BASE44_HINT);
		return await dryRun({ root, name, target }, { ...wish, environment: this.environment });
	}

	async #deploy(context: SessionContext, wish: Wish): Promise<DeployResult> {
		let done = 0;
		const { environment, root } = context;
		const doing = () => `Building and starting functions (${done} done)`;
		using wait = new PlatformWait(this.terminal, environment, doing);
		const target = await requireTarget(root, environment, BASE44_HINT, { signal: wait.signal });
		const onFunction = (result: DeployedFunction) => {
			done++;
			if (!this.terminal.json) this.#show(result);
		};
		const work = () => deployFunctions(root, target, { ...wish, onFunction });
		const outcome = await wait.during(work, {
			sentence: "The functions are deployed",
			beforeAccepted: CUT_SHORT,
		});
		const isAll = wish.names.length === 0;
		const place = { root, name: environment, target };
		const remarks = await deployNotes(place, outcome.functions, { environment: this.environment, isAll });
		return checked({ environment, app: target.binding.app, ...outcome, ...remarks });
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
		for (const name of result.pruned) terminal.line(`${MARKS.ok} ${name}  deleted`);
		const deployed = result.functions.filter(({ status }) => status === "deployed").length;
		const unchanged = result.functions.filter(({ status }) => status === "unchanged").length;
		terminal.line(
			`${deployed} deployed, ${unchanged} unchanged, ${result.functions.length - deployed - unchanged} failed (app '${result.app}', ${result.environment})`,
		);
		renderUnset(result.missing, this.#environmentName, terminal);
		renderAbsent(result.absent, this.#environmentName, terminal);
	}
}

/** @throws AppError `DEPLOY_FAILED` (exit 1) with the result as data, where a function failed */
function checked(result: DeployResult): DeployResult {
	const failed = result.functions.filter(({ status }) => status === "failed");
	if (failed.length === 0) return result;
	throw new AppError({
		code: "DEPLOY_FAILED",
		message: `${count(failed.length, "function")} of ${result.functions.length} failed: ${failed.map(({ name }) => name).join(", ")}.`,
		hint: "Mend it and deploy again; a version that served before goes on serving.",
		exit: EXIT.failure,
		data: result,
	});
}
