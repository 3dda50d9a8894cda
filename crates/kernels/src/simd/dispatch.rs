//! Runs code with the widest registers of the processor.

use std::sync::LazyLock;

use pulp::{Arch, WithSimd};

/// The instruction set of this processor. It is detected once, because the detection takes as long as a small piece of work.
static ARCH: LazyLock<Arch> = LazyLock::new(Arch::new);

/// Runs `work` with the widest registers of the processor.
#[inline]
pub(crate) fn dispatch<W: WithSimd>(work: W) -> W::Output {
    #[cfg(test)]
    if let Some(kind) = kinds::KIND.get() {
        return kind.dispatch(work);
    }
    ARCH.dispatch(work)
}

/// Every instruction set of the processor, for tests.
#[cfg(test)]
pub(crate) mod kinds {
    use std::cell::Cell;

    use pulp::{Scalar, Simd, WithSimd};

    thread_local! {
        /// The registers that this thread uses instead of the widest ones.
        pub(super) static KIND: Cell<Option<RegisterKind>> = const { Cell::new(None) };
    }

    /// Registers of 1, 8 and 16 values.
    #[derive(Clone, Copy, Debug)]
    pub(super) enum RegisterKind {
        Scalar,
        #[cfg(target_arch = "x86_64")]
        Avx2(pulp::x86::V3),
        #[cfg(target_arch = "x86_64")]
        Avx512(pulp::x86::V4),
    }

    impl RegisterKind {
        pub(super) fn dispatch<W: WithSimd>(self, work: W) -> W::Output {
            match self {
                Self::Scalar => work.with_simd(Scalar),
                #[cfg(target_arch = "x86_64")]
                Self::Avx2(simd) => Simd::vectorize(simd, work),
                #[cfg(target_arch = "x86_64")]
                Self::Avx512(simd) => Simd::vectorize(simd, work),
            }
        }
    }

    /// Runs `test` on this thread, once with each kind of registers that the processor has.
    pub(crate) fn on_every_kind(test: impl Fn()) {
        let mut kinds = vec![RegisterKind::Scalar];
        #[cfg(target_arch = "x86_64")]
        {
            kinds.extend(pulp::x86::V3::try_new().map(RegisterKind::Avx2));
            kinds.extend(pulp::x86::V4::try_new().map(RegisterKind::Avx512));
        }
        for kind in kinds {
            println!("{kind:?}");
            KIND.set(Some(kind));
            test();
        }
        KIND.set(None);
    }
}
