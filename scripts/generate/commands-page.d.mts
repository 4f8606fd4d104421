export interface CommandEntry {
	readonly id: string;
	readonly summary: string;
	readonly description?: string;
	readonly usage?: string;
	readonly hidden?: boolean;
	readonly strict?: boolean;
	readonly examples?: readonly string[];
	readonly args?: Readonly<Record<string, object>>;
	readonly flags?: Readonly<Record<string, object>>;
}

export function generateCommandsPage(
	manifest: { readonly commands: Readonly<Record<string, CommandEntry>> },
	topics: Readonly<Record<string, { readonly description: string }>>,
): Promise<string>;
