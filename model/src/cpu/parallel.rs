//! Parallel loops over rows and chunks: on all cores with the feature `parallel` (rayon), on the
//! caller's thread without it, as in the browser, where a worker has no threads.

/// Calls `work` with rows of `x` (`length` each) and the same rows of `y`: with all of them at
/// once, or with some on every core, always whole groups of `group` but for the last.
#[cfg(not(feature = "parallel"))]
pub fn par_rows(
    (x, _): (&[f32], usize),
    (y, _): (&mut [f32], usize),
    _group: usize,
    work: impl Fn(&[f32], &mut [f32]),
) {
    work(x, y);
}

/// Calls `work` with rows of `x` (`length` each) and the same rows of `y`: with all of them at
/// once, or with some on every core, always whole groups of `group` but for the last.
#[cfg(feature = "parallel")]
pub fn par_rows(
    (x, inputs): (&[f32], usize),
    (y, outputs): (&mut [f32], usize),
    group: usize,
    work: impl Fn(&[f32], &mut [f32]) + Sync,
) {
    use rayon::prelude::*;
    let rows = x.len() / inputs.max(1);
    let per_thread = rows.div_ceil(rayon::current_num_threads());
    let per_thread = per_thread.next_multiple_of(group);
    if per_thread >= rows {
        return work(x, y);
    }
    x.par_chunks((per_thread * inputs).max(1))
        .zip(y.par_chunks_mut((per_thread * outputs).max(1)))
        .for_each(|(x, y)| work(x, y));
}

/// Calls `work` with each chunk of `y`, and its index.
#[cfg(not(feature = "parallel"))]
pub fn par_chunks(y: &mut [f32], length: usize, work: impl Fn(usize, &mut [f32])) {
    let chunks = y.chunks_exact_mut(length.max(1));
    chunks
        .enumerate()
        .for_each(|(index, chunk)| work(index, chunk));
}

/// Calls `work` with each chunk of `y`, and its index.
#[cfg(feature = "parallel")]
pub fn par_chunks(y: &mut [f32], length: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
    use rayon::prelude::*;
    let chunks = y.par_chunks_exact_mut(length.max(1));
    chunks
        .enumerate()
        .for_each(|(index, chunk)| work(index, chunk));
}
