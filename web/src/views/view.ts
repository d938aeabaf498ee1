import type { Now } from '../api_types';
import type { Place } from '../router';

// A view lives as long as its address names it; `go` is the same view with another argument or query.
export interface View {
  element: HTMLElement;
  title: string;
  go(place: Place): void;
  show?(now: Now): void;
  close?(): void;
}
