/** Which command lines run without oclif, and which command they run. */
import { expect, test } from "vitest";
import { BaseCommand } from "../../src/cli/command.ts";
import { type Commands, findDirectly } from "../../src/cli/direct.ts";

abstract class Nothing extends BaseCommand<unknown> {
	protected async execute(): Promise<unknown> {
		return undefined;
	}
	protected render(): void {}
}

const load = (change: object = {}) => {
	abstract class Command extends Nothing {}
	return () => Object.assign(Command, change);
};
const COMMANDS: Commands = {
	run: load(),
	link: load(),
	"link/show": load(),
	"secrets/get": load(),
	"secrets/delete": load(),
	"platform/token/create": load(),
	"platform/start": load({ needsConfig: true }),
};

/** The command's id and its arguments. */
function found(line: string): [id: string, ...argv: string[]] | undefined {
	const direct = findDirectly(
		line.split(" ").filter((word) => word !== ""),
		COMMANDS,
	);
	return direct && [direct.command.id, ...direct.argv];
}

test.each([
	["run -- true --help", ["run", "--", "true", "--help"]],
	["secrets get A --json", ["secrets:get", "A", "--json"]],
	["-e preview secrets get A", ["secrets:get", "-e", "preview", "A"]],
	["--json secrets get A", ["secrets:get", "--json", "A"]],
	["secrets rm A", ["secrets:delete", "A"]],
	["link https://example.org", ["link", "https://example.org"]],
	["link show", ["link:show"]],
	["platform token create x", ["platform:token:create", "x"]],
] as const)("%s runs directly", (line, expected) => {
	expect(found(line)).toEqual(expected);
});

test.each([
	"",
	"--version",
	"-v",
	"--help",
	"secrets",
	"secrets get --help",
	"secrets get A -h",
	"secrets gett A",
	"secrets:get A",
	"secrets/get A",
	"__proto__",
	"constructor",
	"toString x",
	"platform start",
	"platform token",
	"run --help",
])("'%s' is left to oclif", (line) => {
	expect(found(line)).toBeUndefined();
});
