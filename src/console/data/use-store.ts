import { useEffect, useState } from "preact/hooks";
import type { Watched } from "./store.ts";

/** The present value of a store. The component is drawn again when it changes. */
export function useStore<T>(store: Watched<T>): T {
	const { value } = store;
	const [, redraw] = useState<object>({});
	// biome-ignore lint/correctness/useExhaustiveDependencies: the drawn value is only compared, with one that is set before the effect
	useEffect(() => {
		if (!Object.is(store.value, value)) redraw({});
		return store.subscribe(() => redraw({}));
	}, [store]);
	return value;
}
