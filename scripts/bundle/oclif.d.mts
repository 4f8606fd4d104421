type Definition = Record<string, unknown> & { parse: unknown };
type Builder = (options?: object) => Definition;
export const Flags: {
	boolean: Builder;
	integer: Builder;
	option: (options: object) => Builder;
	string: Builder;
};
export const Args: { string: Builder };
