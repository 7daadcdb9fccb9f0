// SPDX-License-Identifier: MIT
//! Picture datagrams sent one by one, so that voice never waits behind them.
