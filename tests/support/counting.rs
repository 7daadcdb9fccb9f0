// SPDX-License-Identifier: MIT
//! Counts what one thread allocates and frees, to show that it does neither.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    /// Calls on this thread since it was asked to count.
    static CALLS: Cell<u64> = const { Cell::new(0) };
    /// Bytes that this thread allocated, less those that it freed.
    static BYTES: Cell<i64> = const { Cell::new(0) };
}

fn note(allocated: usize, freed: usize) {
    // A thread that is being torn down counts no more.
    let _ = CALLS.try_with(|calls| calls.set(calls.get() + 1));
    let _ = BYTES.try_with(|bytes| bytes.set(bytes.get() + allocated as i64 - freed as i64));
}

// SAFETY: everything is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size, layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// How often `work` allocates, moves or frees memory on this thread.
pub fn heap_calls(work: impl FnOnce()) -> u64 {
    let before = CALLS.with(Cell::get);
    work();
    CALLS.with(Cell::get) - before
}

/// What `work` gives, and how many bytes more this thread holds after it than before.
pub fn heap_growth<T>(work: impl FnOnce() -> T) -> (T, i64) {
    let before = BYTES.with(Cell::get);
    let done = work();
    (done, BYTES.with(Cell::get) - before)
}
