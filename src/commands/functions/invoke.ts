import { Args, Flags } from "@oclif/core";
import { BaseCommand, environmentFlag } from "../../cli/command.ts";
import { AnswerPrinter } from "../../cli/dev/answer-printer.ts";
import { type Invoked, invokeLinked, invokeLocally } from "../../cli/dev/invoke.ts";
import { bodyOf, headersOf, pathOf } from "../../cli/dev/request-flags.ts";
import { interruption } from "../../cli/shell/signals.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";

/** Stable, because other programs depend on it. */
interface InvokeResult extends Pick<Invoked, "by" | "headers" | "ms" | "status" | "url"> {
	function: string;
	/** The body as text; in base64 if it is not UTF-8. */
	body: string;
	base64: boolean;
}

const FIRST_FAILED_STATUS = 400;

export default class FunctionsInvoke extends BaseCommand<InvokeResult> {
	static override summary = "Send a request to a function and print the answer";
	static override description =
		"The request goes to this machine: to the 'coffer dev' that runs for the project and environment, or else to a process that is started for this one request. It goes to a platform only with --linked. The body of the answer is printed on stdout while it arrives, the status and the output of the function on stderr. Exits with 1 if the status is 400 or higher.";
	static override examples = [
		"<%= config.bin %> functions invoke hello",
		`<%= config.bin %> functions invoke api/billing --path '/invoices?page=2' --header 'accept: text/csv'`,
		`<%= config.bin %> functions invoke hello --data '{"name":"Ada"}'`,
		"<%= config.bin %> functions invoke hello --data @request.json --linked",
	];
	static override args = {
		name: Args.string({ name: "NAME", description: "name of the function", required: true }),
	};
	static override flags = {
		environment: environmentFlag,
		method: Flags.string({
			char: "X",
			description: "method; defaults to GET, or to POST with --data",
			helpValue: "METHOD",
		}),
		path: Flags.string({
			description: "path and query below the function",
			helpValue: "/PATH?QUERY",
			default: "/",
		}),
		header: Flags.string({
			char: "H",
			description: "header of the request (repeatable)",
			helpValue: "'NAME: VALUE'",
			multiple: true,
			multipleNonGreedy: true,
		}),
		data: Flags.string({
			char: "d",
			description: "body of the request: a text, @FILE, or @- for standard input; JSON is sent as such",
			helpValue: "TEXT",
		}),
		linked: Flags.boolean({ description: "send the request to the linked platform" }),
	};

	#statusText = "";

	protected async execute(): Promise<InvokeResult> {
		const { args, flags } = await this.parse(FunctionsInvoke);
		using stop = interruption();
		const body = await bodyOf(flags.data);
		const printer = this.terminal.json ? undefined : new AnswerPrinter(this.terminal);
		const invocation = {
			name: args.name,
			path: pathOf(flags.path),
			method: flags.method?.toUpperCase() ?? (body === undefined ? "GET" : "POST"),
			headers: headersOf(flags.header ?? [], body),
			body,
			environmentName: flags.environment,
			signal: stop.signal,
			onPart: printer && ((part: Uint8Array) => printer.take(part)),
		};
		const answer = await (flags.linked
			? invokeLinked(invocation)
			: invokeLocally(invocation, this.environment, this.terminal)
		).finally(() => printer?.end());
		this.#statusText = answer.statusText;
		if (answer.status >= FIRST_FAILED_STATUS) this.exitStatus = 1;
		const { by, headers, ms, status, url } = answer;
		const text = answer.body.toString("utf8");
		const base64 = !Buffer.from(text, "utf8").equals(answer.body);
		return {
			...{ function: args.name, by, url, status, ms, headers },
			body: base64 ? answer.body.toString("base64") : text,
			base64,
		};
	}

	protected render(result: InvokeResult, terminal: Terminal): void {
		const by = { dev: "'coffer dev'", once: "a process for this request", platform: "the platform" }[
			result.by
		];
		const status = `${result.status} ${this.#statusText}`.trim();
		terminal.note(`${status} from ${by} in ${result.ms} ms`);
	}
}
